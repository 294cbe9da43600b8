import { testConnector } from 'postrider/connector/kit'
import connector from './index.ts'

testConnector(connector)
