// An existing Managed HSM pool in place of the vault. The pool has its own local RBAC, which ARM does not reach:
// docs/OPERATIONS.md says which local roles to give.

@description('Name of the existing pool.')
param name string

@description('Log Analytics workspace that takes the audit log.')
param workspaceId string

resource pool 'Microsoft.KeyVault/managedHSMs@2025-05-01' existing = {
  name: name
}

resource auditLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'byok-to-workspace'
  scope: pool
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

@description('Resource id of the pool.')
output id string = pool.id

@description('Address of the pool.')
output uri string = pool.properties.hsmUri
