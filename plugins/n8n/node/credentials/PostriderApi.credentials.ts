import type { IAuthenticateGeneric, ICredentialTestRequest, ICredentialType, Icon, INodeProperties } from 'n8n-workflow'

/** Access to one organization of an application. The request and its check are plain data: n8n sends them itself. */
export class PostriderApi implements ICredentialType {
  name = 'postriderApi'

  displayName = 'Postrider API'

  icon: Icon = { light: 'file:../icons/postrider.svg', dark: 'file:../icons/postrider.dark.svg' }

  documentationUrl = 'https://github.com/postrider/postrider/tree/main/plugins/n8n/node#credential'

  properties: INodeProperties[] = [
    {
      displayName: 'Server URL',
      name: 'serverUrl',
      type: 'string',
      default: '',
      required: true,
      placeholder: 'https://postrider.example.com',
      description: 'Where the Postrider server is, without /graphql',
    },
    {
      displayName: 'API Key',
      name: 'apiKey',
      type: 'string',
      typeOptions: { password: true },
      default: '',
      required: true,
      description: 'An API key of the application. It can act for all of its organizations: keep it to yourself.',
    },
    {
      displayName: 'Organization',
      name: 'organization',
      type: 'string',
      default: '',
      required: true,
      placeholder: 'acme',
      description:
        'Whose events these are: the external ID that your product has given the organization, or its org_… ID',
    },
  ]

  authenticate: IAuthenticateGeneric = {
    type: 'generic',
    properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
  }

  test: ICredentialTestRequest = {
    request: {
      baseURL: '={{$credentials.serverUrl.trim().replace(/\\/+$/, "")}}',
      url: '/graphql',
      method: 'POST',
      body: {
        query:
          'query CredentialTest($id: ID, $externalId: String) { organization(id: $id, externalId: $externalId) { id } }',
        variables: {
          id: '={{/^org_[0-9a-z]{26}$/.test($credentials.organization) ? $credentials.organization : null}}',
          externalId: '={{/^org_[0-9a-z]{26}$/.test($credentials.organization) ? null : $credentials.organization}}',
        },
      },
    },
    rules: [
      {
        type: 'responseSuccessBody',
        properties: {
          key: 'data.organization',
          value: null,
          message: 'The key is right, but the application has no such organization',
        },
      },
    ],
  }
}
