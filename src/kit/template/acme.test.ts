import { testConnector } from 'postrider/connector/kit'
import acme from './index.ts'

testConnector(acme)
