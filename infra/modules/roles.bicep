// The custom roles. Azure's built-in ones join what must be apart: Key Vault Crypto Officer imports, uses and purges keys;
// Storage Blob Data Contributor deletes. None of these roles can purge a key, or delete a protected blob or a record.

@description('Suffix of the role names: role names are unique in a tenant.')
param nameSuffix string

@description('Names (GUIDs) of the roles.')
param names {
  keyImporter: string
  keyUser: string
  keyCustodian: string
  uploadProcessor: string
  blobWriter: string
  recordWriter: string
  ledgerAppender: string
}

resource keyImporter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: names.keyImporter
  properties: {
    roleName: 'BYOK Key Importer ${nameSuffix}'
    description: 'Creates one-shot key exchange keys, imports wrapping keys, retires key exchange keys. Cannot use a key.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        dataActions: [
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/create/action'
          'Microsoft.KeyVault/vaults/keys/import/action'
          'Microsoft.KeyVault/vaults/keys/update/action'
          'Microsoft.KeyVault/vaults/keys/delete'
        ]
      }
    ]
  }
}

resource keyUser 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: names.keyUser
  properties: {
    roleName: 'BYOK Key User ${nameSuffix}'
    description: 'Wraps and unwraps branch keys. Cannot create, import, change or delete a key.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        dataActions: [
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/wrap/action'
          'Microsoft.KeyVault/vaults/keys/unwrap/action'
        ]
      }
    ]
  }
}

resource keyCustodian 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: names.keyCustodian
  properties: {
    roleName: 'BYOK Key Custodian ${nameSuffix}'
    description: 'Disables, enables, deletes and recovers keys: revoke and restore. Cannot import, use or purge a key.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        dataActions: [
          'Microsoft.KeyVault/vaults/keys/read'
          'Microsoft.KeyVault/vaults/keys/update/action'
          'Microsoft.KeyVault/vaults/keys/delete'
          'Microsoft.KeyVault/vaults/keys/recover/action'
        ]
      }
    ]
  }
}

resource uploadProcessor 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: names.uploadProcessor
  properties: {
    roleName: 'BYOK Upload Processor ${nameSuffix}'
    description: 'Reads uploads with their tags, marks them, and disposes of them.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/read'
        ]
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read'
        ]
      }
    ]
  }
}

resource blobWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: names.blobWriter
  properties: {
    roleName: 'BYOK Blob Writer ${nameSuffix}'
    description: 'Reads and writes protected blobs with their tags. Cannot delete.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/read'
        ]
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write'
        ]
      }
    ]
  }
}

resource recordWriter 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: names.recordWriter
  properties: {
    roleName: 'BYOK Record Writer ${nameSuffix}'
    description: 'Reads and writes branch records and audit reports. Cannot delete.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write'
        ]
      }
    ]
  }
}

resource ledgerAppender 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: names.ledgerAppender
  properties: {
    roleName: 'BYOK Ledger Appender ${nameSuffix}'
    description: 'Reads the ledger and adds to it: new blobs and appended blocks. Cannot overwrite or delete.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/read'
        ]
        dataActions: [
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'
          'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action'
        ]
      }
    ]
  }
}
