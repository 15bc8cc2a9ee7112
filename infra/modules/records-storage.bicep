// The records: branches (wrapped branch keys), ledger (append only, immutable), audits (reports, and which operation holds a key).
// An account of its own, because what is lost here has to come back, and plaintext that is deleted in the data account must not.
// Versions keep what is overwritten, soft delete what is deleted. Append blobs have no versions: the ledger has an immutability policy,
// on the container, which asks for no versions and lets appends through.

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

@description('Days that a ledger blob stays immutable after it was made. Appending stays possible.')
@minValue(1)
@maxValue(146000)
param ledgerRetentionDays int

@description('Whether to set the ledger\'s immutability policy. A locked policy refuses to be set again.')
param setLedgerImmutability bool

@description('Name of the app\'s managed identity, in this resource group.')
param appIdentityName string

@description('Name (GUID) of the custom role: read and write records.')
param recordWriterRoleName string

@description('Name (GUID) of the custom role: append to the ledger.')
param ledgerAppenderRoleName string

@description('Groups that decrypt protected blobs themselves: they read the branch records.')
param readerGroupIds string[]

@description('Groups that may read the ledger and the audit reports.')
param auditorGroupIds string[]

// Storage Blob Data Reader
var blobReaderRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1')

var recordWriterRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', recordWriterRoleName)
var ledgerAppenderRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', ledgerAppenderRoleName)

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
      enabled: true
      days: 90
      allowPermanentDelete: false
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: 90
    }
    isVersioningEnabled: true
  }
}

resource branches 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: 'branches'
  properties: {
    publicAccess: 'None'
  }
}

resource ledger 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: 'ledger'
  properties: {
    publicAccess: 'None'
  }
}

resource audits 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-01-01' = {
  parent: blobs
  name: 'audits'
  properties: {
    publicAccess: 'None'
  }
}

// Unlocked: an owner can still lift it. Locking is irrevocable and therefore a command of its own (docs/OPERATIONS.md).
resource ledgerImmutability 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-01-01' = if (setLedgerImmutability) {
  parent: ledger
  name: 'default'
  properties: {
    immutabilityPeriodSinceCreationInDays: ledgerRetentionDays
    allowProtectedAppendWrites: true
  }
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

resource appWritesBranches 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(branches.id, appIdentity.id, recordWriterRoleId)
  scope: branches
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: recordWriterRoleId
  }
}

resource appWritesAudits 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(audits.id, appIdentity.id, recordWriterRoleId)
  scope: audits
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: recordWriterRoleId
  }
}

resource appAppendsToLedger 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(ledger.id, appIdentity.id, ledgerAppenderRoleId)
  scope: ledger
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: ledgerAppenderRoleId
  }
}

resource branchReaders 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for groupId in readerGroupIds: {
    name: guid(branches.id, groupId, blobReaderRoleId)
    scope: branches
    properties: {
      principalId: groupId
      principalType: 'Group'
      roleDefinitionId: blobReaderRoleId
    }
  }
]

// No role on branches: what is wrong with a record the audit tells, and one unwrap of a record opens all of its branch.
resource ledgerAuditors 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for groupId in auditorGroupIds: {
    name: guid(ledger.id, groupId, blobReaderRoleId)
    scope: ledger
    properties: {
      principalId: groupId
      principalType: 'Group'
      roleDefinitionId: blobReaderRoleId
    }
  }
]

resource reportAuditors 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for groupId in auditorGroupIds: {
    name: guid(audits.id, groupId, blobReaderRoleId)
    scope: audits
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

@description('Names of the containers.')
output containers { branches: string, ledger: string, audits: string } = {
  branches: branches.name
  ledger: ledger.name
  audits: audits.name
}
