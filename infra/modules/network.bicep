// The virtual network of a private deployment: one subnet for the app's outbound traffic, one for private endpoints,
// and the private DNS zones of every service that the app talks to.

@description('Region of the network.')
param location string

@description('Name prefix of the deployment.')
param namePrefix string

@description('Tags put on every resource.')
param tags { *: string }

@description('Address range of the network, at least a /24.')
param addressRange string

// By service: the name that Azure's public DNS redirects to when a private endpoint exists.
var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  vault: 'privatelink.vaultcore.azure.net'
  managedhsm: 'privatelink.managedhsm.azure.net'
  namespace: 'privatelink.servicebus.windows.net'
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: '${namePrefix}-network'
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [addressRange]
    }
  }

  resource app 'subnets' = {
    name: 'app'
    properties: {
      addressPrefix: cidrSubnet(addressRange, 26, 0)
      delegations: [
        {
          name: 'flex-consumption'
          properties: {
            serviceName: 'Microsoft.App/environments'
          }
        }
      ]
    }
  }

  resource endpoints 'subnets' = {
    name: 'endpoints'
    properties: {
      addressPrefix: cidrSubnet(addressRange, 26, 1)
    }
    // Azure changes one subnet of a network at a time.
    dependsOn: [app]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zone in items(zoneNames): {
    name: zone.value
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zone, i) in items(zoneNames): {
    parent: zones[i]
    name: network.name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
]

@description('Subnet for the app\'s outbound traffic.')
output appSubnetId string = network::app.id

@description('Subnet that holds the private endpoints.')
output endpointSubnetId string = network::endpoints.id

@description('Private DNS zone ids by the group id of the private endpoint.')
output zoneIds { *: string } = toObject(items(zoneNames), zone => zone.key, zone => resourceId('Microsoft.Network/privateDnsZones', zone.value))
