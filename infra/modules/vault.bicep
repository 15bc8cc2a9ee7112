// The vault that holds key exchange keys and wrapping keys: Premium, because only its HSM takes a BYOK transfer blob.

@description('Region of the vault.')
param location string

@description('Name of the vault: globally unique, 3 to 24 characters. A deleted vault keeps its name for 90 days.')
@minLength(3)
@maxLength(24)
param name string

@description('Tags put on every resource.')
param tags { *: string }

@description('Whether only private endpoints reach the vault.')
param privateOnly bool

@description('Log Analytics workspace that takes the audit log.')
param workspaceId string

@description('Name of the app\'s managed identity, in this resource group.')
param appIdentityName string

@description('Whether to give the app the right to import keys.')
param appImportsKeys bool

@description('Whether to give the app the right to revoke and restore keys.')
param appControlsKeys bool

@description('Name (GUID) of the custom role: import keys.')
param keyImporterRoleName string

@description('Name (GUID) of the custom role: use keys.')
param keyUserRoleName string

@description('Name (GUID) of the custom role: revoke and restore keys.')
param keyCustodianRoleName string

@description('Groups that may revoke and restore keys without the app.')
param custodianGroupIds string[]

@description('Groups that may unwrap, to decrypt protected blobs.')
param readerGroupIds string[]

var keyImporterRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyImporterRoleName)
var keyUserRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyUserRoleName)
var keyCustodianRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyCustodianRoleName)

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentityName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'premium'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: privateOnly ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: privateOnly ? 'Deny' : 'Allow'
    }
  }
}

resource auditLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
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
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

resource appUses 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, appIdentity.id, keyUserRoleId)
  scope: vault
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: keyUserRoleId
  }
}

resource appImports 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (appImportsKeys) {
  name: guid(vault.id, appIdentity.id, keyImporterRoleId)
  scope: vault
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: keyImporterRoleId
  }
}

resource appControls 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (appControlsKeys) {
  name: guid(vault.id, appIdentity.id, keyCustodianRoleId)
  scope: vault
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: keyCustodianRoleId
  }
}

resource custodians 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for groupId in custodianGroupIds: {
    name: guid(vault.id, groupId, keyCustodianRoleId)
    scope: vault
    properties: {
      principalId: groupId
      principalType: 'Group'
      roleDefinitionId: keyCustodianRoleId
    }
  }
]

resource readers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for groupId in readerGroupIds: {
    name: guid(vault.id, groupId, keyUserRoleId)
    scope: vault
    properties: {
      principalId: groupId
      principalType: 'Group'
      roleDefinitionId: keyUserRoleId
    }
  }
]

@description('Resource id of the vault.')
output id string = vault.id

@description('Address of the vault.')
output uri string = vault.properties.vaultUri
