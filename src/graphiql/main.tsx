import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import './page.css'
import { StorageAPI } from '@graphiql/toolkit'
import { createRoot } from 'react-dom/client'
import { loadExamples } from './examples.ts'
import { keyInFragment, takeKeyFromAddress } from './key.ts'
import { takeLinkFromAddress } from './link.ts'
import { Page } from './page.tsx'
import { openSession } from './session.ts'
import { browserStorage } from './storage.ts'

const key = takeKeyFromAddress()
const linked = takeLinkFromAddress()
// Opening the printed link in a tab that already shows this page changes only the fragment.
addEventListener('hashchange', () => {
  if (keyInFragment(location.hash) !== undefined) location.reload()
})

const examples = await loadExamples()
const headers = openSession(new StorageAPI(browserStorage), { key, linked, examples })
createRoot(document.getElementById('root')!).render(
  <Page examples={examples} linked={linked} initialHeaders={headers} storage={browserStorage} />,
)
