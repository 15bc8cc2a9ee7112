// The way to the HSM: a hybrid connection to which the on-premises agent listens and to which only the app sends.

@description('Region of the namespace.')
param location string

@description('Name of the namespace: globally unique, 6 to 50 characters.')
@minLength(6)
@maxLength(50)
param name string

@description('Tags put on every resource.')
param tags { *: string }

@description('Whether the namespace refuses every public address but those of the agent.')
param privateOnly bool

@description('Public addresses (CIDR) from which the agent connects; used when the namespace is private.')
param agentAddressRanges string[]

@description('Log Analytics workspace that takes the resource logs.')
param workspaceId string

@description('Name of the app\'s managed identity, in this resource group.')
param appIdentityName string

@description('Object id of the agent\'s service principal; empty until there is one.')
param agentPrincipalId string

// Azure Relay Sender, Azure Relay Listener
var senderRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '26baccc8-eea7-41f1-98f4-1762cc7f685d')
var listenerRoleId = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '26e0b698-aa6d-4085-9386-aadae190014d')

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentityName
}

resource relay 'Microsoft.Relay/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    publicNetworkAccess: privateOnly && empty(agentAddressRanges) ? 'Disabled' : 'Enabled'
  }
}

resource rules 'Microsoft.Relay/namespaces/networkRuleSets@2026-01-01' = {
  parent: relay
  name: 'default'
  properties: {
    defaultAction: privateOnly ? 'Deny' : 'Allow'
    publicNetworkAccess: privateOnly && empty(agentAddressRanges) ? 'Disabled' : 'Enabled'
    ipRules: [
      for range in privateOnly ? agentAddressRanges : []: {
        ipMask: range
        action: 'Allow'
      }
    ]
  }
}

resource exports 'Microsoft.Relay/namespaces/hybridConnections@2026-01-01' = {
  parent: relay
  name: 'hsm-export'
  properties: {
    requiresClientAuthorization: true
  }
}

resource connectionLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: relay
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

resource appSends 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(exports.id, appIdentity.id, senderRoleId)
  scope: exports
  properties: {
    principalId: appIdentity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: senderRoleId
  }
}

resource agentListens 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(agentPrincipalId)) {
  name: guid(exports.id, agentPrincipalId, listenerRoleId)
  scope: exports
  properties: {
    principalId: agentPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: listenerRoleId
  }
}

@description('Resource id of the namespace.')
output id string = relay.id

@description('Host name of the namespace.')
output hostName string = replace(replace(relay.properties.serviceBusEndpoint, 'https://', ''), ':443/', '')

@description('Path of the hybrid connection.')
output path string = exports.name
