// The data: uploads (plaintext, short-lived), protected (ciphertext).
// Blob soft delete and versioning stay off on purpose: with them a disposed upload would live on as plaintext.

@description('Region of the account.')
param location string

@description('Name of the account: globally unique, 3 to 24 lower-case letters and digits.')
@minLength(3)
@maxLength(24)
param name string

@description('Tags put on every resource.')
param tags { *: string }

@description('Redundancy of the account.')
param skuName string

@description('Whether only private endpoints reach the account.')
param privateOnly bool

@description('Log Analytics workspace that takes the resource logs.')
param workspaceId string

@description('Name of the app\'s managed identity, in this resource group.')
param appIdentityName string

@description('Name (GUID) of the custom role: take uploads in and dispose of them.')
param uploadProcessorRoleName string

@description('Name (GUID) of the custom role: write protected blobs.')
param blobWriterRoleName string

@description('Groups that may put files into uploads.')
param uploaderGroupIds string[]

@description('Groups that may read protected blobs. To decrypt they also need the right to unwrap.')
param readerGroupIds string[]

// Storage Blob Data Contributor, Storage Blob Data Reader, Storage Queue Data Contributor
var blobContributorRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe')
var blobReaderRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1')
var queueContributorRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '974c5e8b-45b9-4653-ba55-5f855dd0fb88')

var uploadProcessorRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', uploadProcessorRoleName)
var blobWriterRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobWriterRoleName)

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentityName
}

resource account 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: skuName
  }
  properties: {
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    isLocalUserEnabled: false
    isSftpEnabled: false
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: privateOnly ? 'Deny' : 'Allow'
    }
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
      services: {
        blob: {
          enabled: true
          keyType: 'Account'
        }
      }
    }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: false
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 90
    }
    isVersioningEnabled: false
  }
}

resource uploads 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: 'uploads'
  properties: {
    publicAccess: 'None'
  }
}

resource protected 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: 'protected'
  properties: {
    publicAccess: 'None'
  }
}

resource queues 'Microsoft.Storage/storageAccounts/queueServices@2025-01-01' = {
  parent: account
  name: 'default'
}

// The blob trigger puts uploads here that failed too often. Its name is the extension's.
resource poisonQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-01-01' = {
  parent: queues
  name: 'webjobs-blobtrigger-poison'
}

resource accessLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource appProcessesUploads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(uploads.id, appIdentity.id, uploadProcessorRoleId)
  scope: uploads
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: uploadProcessorRoleId
  }
}

resource appWritesProtected 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(protected.id, appIdentity.id, blobWriterRoleId)
  scope: protected
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: blobWriterRoleId
  }
}

resource appReportsPoison 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(poisonQueue.id, appIdentity.id, queueContributorRoleId)
  scope: poisonQueue
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: queueContributorRoleId
  }
}

resource uploaders 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for groupId in uploaderGroupIds: {
    name: guid(uploads.id, groupId, blobContributorRoleId)
    scope: uploads
    properties: {
      principalId: groupId
      principalType: 'Group'
      roleDefinitionId: blobContributorRoleId
    }
  }
]

resource readers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for groupId in readerGroupIds: {
    name: guid(protected.id, groupId, blobReaderRoleId)
    scope: protected
    properties: {
      principalId: groupId
      principalType: 'Group'
      roleDefinitionId: blobReaderRoleId
    }
  }
]

@description('Resource id of the account.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Address of the blob service.')
output blobUri string = account.properties.primaryEndpoints.blob

@description('Address of the queue service.')
output queueUri string = account.properties.primaryEndpoints.queue

@description('Names of the containers.')
output containers { uploads: string, protected: string } = {
  uploads: uploads.name
  protected: protected.name
}
