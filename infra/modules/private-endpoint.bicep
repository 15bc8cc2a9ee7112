// One private endpoint with its DNS entry.

@description('Region of the endpoint.')
param location string

@description('Name of the endpoint.')
param name string

@description('Tags put on every resource.')
param tags { *: string }

@description('Subnet that holds the endpoint.')
param subnetId string

@description('Resource that the endpoint leads to.')
param targetId string

@description('Sub-resource of the target: blob, queue, table, vault, managedhsm or namespace.')
param groupId string

@description('Private DNS zone of the sub-resource.')
param zoneId string

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: targetId
          groupIds: [groupId]
        }
      }
    ]
  }

  resource dns 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: groupId
          properties: {
            privateDnsZoneId: zoneId
          }
        }
      ]
    }
  }
}
