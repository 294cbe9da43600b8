import { testConnector } from 'postrider/connector/kit'
import webhook from './index.ts'

testConnector(webhook)
