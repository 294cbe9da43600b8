import '@graphiql/plugin-explorer/style.css'
import './explorer.css'
import { explorerPlugin } from '@graphiql/plugin-explorer'
import { HISTORY_PLUGIN } from '@graphiql/plugin-history'

/** Beside the documentation, which GraphiQL always has. One array for good: with a new one GraphiQL closes the open panel. */
export const PLUGINS = [{ ...explorerPlugin(), title: 'Explorer' }, HISTORY_PLUGIN]
