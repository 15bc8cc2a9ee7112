// Everything that a bring-your-own-key deployment needs, in one resource group. docs/OPERATIONS.md tells how to deploy it.
targetScope = 'resourceGroup'

@description('Region of every resource.')
param location string = resourceGroup().location

@description('Prefix of all names: 2 to 10 lower-case letters and digits, a letter first.')
@minLength(2)
@maxLength(10)
param namePrefix string = 'byok'

@description('Tags put on every resource.')
param tags { *: string } = {}

@description('Name of an existing Managed HSM pool to use in place of a new Key Vault; empty for a vault.')
param managedHsmName string = ''

@description('Resource group of the Managed HSM pool.')
param managedHsmResourceGroup string = resourceGroup().name

@description('Object id of the on-premises agent\'s service principal; empty until there is one.')
param agentPrincipalId string = ''

@description('Groups that may put files into uploads.')
param uploaderGroupIds string[] = []

@description('Groups that may read protected blobs and branch records, and unwrap branch keys.')
param readerGroupIds string[] = []

@description('Groups that may read the ledger and the audit reports.')
param auditorGroupIds string[] = []

@description('Groups that may revoke and restore keys in the vault without the app.')
param custodianGroupIds string[] = []

@description('Whether to give the app the right to import keys. False takes nothing away that was given before.')
param appImportsKeys bool = true

@description('Whether to give the app the right to revoke and restore keys. False takes nothing away that was given before.')
param appControlsKeys bool = true

@description('Client id of the Entra app registration for Easy Auth; empty leaves Easy Auth off and function keys on.')
param entraClientId string = ''

@description('Whether storage, vault and relay are reached by private endpoints only.')
param privateNetworking bool = false

@description('Address range of the virtual network of a private deployment, at least a /24.')
param networkAddressRange string = '10.64.0.0/24'

@description('Public addresses (CIDR) from which the agent connects to a private relay.')
param agentAddressRanges string[] = []

@description('Redundancy of the storage accounts.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS', 'Standard_RAGRS', 'Standard_RAGZRS'])
param storageSkuName string = 'Standard_ZRS'

@description('Days that a ledger blob stays immutable after it was made.')
@minValue(1)
@maxValue(146000)
param ledgerRetentionDays int = 365

@description('Whether to set the ledger\'s immutability policy. False once it is locked: a locked policy refuses to be set again.')
param setLedgerImmutability bool = true

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Memory of one app instance in MB.')
@allowed([2048, 4096])
param instanceMemoryMB int = 2048

@description('How many instances the app may have at most.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Settings of the section Byok by their short names, for example DefaultKey. Names, never secrets.')
param byokSettings { *: string } = {}

@description('When audits run, as an NCRONTAB expression in UTC: second, minute, hour, day, month, day of the week.')
param auditSchedule string = '0 0 3 * * *'

@description('When the app looks whether a rotation is due, as an NCRONTAB expression in UTC.')
param rotationSchedule string = '0 0 4 * * *'

@description('Name of the blob-triggered function.')
param uploadFunctionName string = 'UploadTrigger'

@description('Whether to send upload events to the app. True only after the code has been published.')
param deployEventSubscription bool = false

var nameSuffix = uniqueString(resourceGroup().id)
var dataAccountName = '${namePrefix}d${nameSuffix}'
var recordsAccountName = '${namePrefix}r${nameSuffix}'
var hostAccountName = '${namePrefix}h${nameSuffix}'
var uploadTopicName = '${namePrefix}-uploads-${nameSuffix}'
var undeliveredContainer = 'undelivered'
var useManagedHsm = !empty(managedHsmName)
var hsmName = useManagedHsm ? managedHsmName : 'none'

// Known before anything is deployed, so that a what-if shows every role assignment.
var roleNames = {
  keyImporter: guid(resourceGroup().id, 'byok-key-importer')
  keyUser: guid(resourceGroup().id, 'byok-key-user')
  keyCustodian: guid(resourceGroup().id, 'byok-key-custodian')
  uploadProcessor: guid(resourceGroup().id, 'byok-upload-processor')
  blobWriter: guid(resourceGroup().id, 'byok-blob-writer')
  recordWriter: guid(resourceGroup().id, 'byok-record-writer')
  ledgerAppender: guid(resourceGroup().id, 'byok-ledger-appender')
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: '${namePrefix}-app-${nameSuffix}'
  location: location
  tags: tags
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    location: location
    namePrefix: namePrefix
    nameSuffix: nameSuffix
    tags: tags
    retentionDays: logRetentionDays
    appIdentityName: identity.name
  }
}

module roles 'modules/roles.bicep' = {
  params: {
    nameSuffix: nameSuffix
    names: roleNames
  }
}

module vault 'modules/vault.bicep' = if (!useManagedHsm) {
  params: {
    location: location
    name: '${namePrefix}-${nameSuffix}'
    tags: tags
    privateOnly: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    appIdentityName: identity.name
    appImportsKeys: appImportsKeys
    appControlsKeys: appControlsKeys
    keyImporterRoleName: roleNames.keyImporter
    keyUserRoleName: roleNames.keyUser
    keyCustodianRoleName: roleNames.keyCustodian
    custodianGroupIds: custodianGroupIds
    readerGroupIds: readerGroupIds
  }
  dependsOn: [roles]
}

module managedHsm 'modules/managed-hsm.bicep' = if (useManagedHsm) {
  scope: resourceGroup(managedHsmResourceGroup)
  params: {
    name: hsmName
    workspaceId: monitoring.outputs.workspaceId
  }
}

module dataStorage 'modules/data-storage.bicep' = {
  params: {
    location: location
    name: dataAccountName
    tags: tags
    skuName: storageSkuName
    privateOnly: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    appIdentityName: identity.name
    uploadProcessorRoleName: roleNames.uploadProcessor
    blobWriterRoleName: roleNames.blobWriter
    uploaderGroupIds: uploaderGroupIds
    readerGroupIds: readerGroupIds
  }
  dependsOn: [roles]
}

module recordsStorage 'modules/records-storage.bicep' = {
  params: {
    location: location
    name: recordsAccountName
    tags: tags
    skuName: storageSkuName
    privateOnly: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    ledgerRetentionDays: ledgerRetentionDays
    setLedgerImmutability: setLedgerImmutability
    appIdentityName: identity.name
    recordWriterRoleName: roleNames.recordWriter
    ledgerAppenderRoleName: roleNames.ledgerAppender
    readerGroupIds: readerGroupIds
    auditorGroupIds: auditorGroupIds
  }
  dependsOn: [roles]
}

module hostStorage 'modules/host-storage.bicep' = {
  params: {
    location: location
    name: hostAccountName
    undeliveredContainer: undeliveredContainer
    tags: tags
    skuName: storageSkuName
    privateOnly: privateNetworking
    workspaceId: monitoring.outputs.workspaceId
    appIdentityName: identity.name
  }
}

module relay 'modules/relay.bicep' = {
  params: {
    location: location
    name: '${namePrefix}-relay-${nameSuffix}'
    tags: tags
    privateOnly: privateNetworking
    agentAddressRanges: agentAddressRanges
    workspaceId: monitoring.outputs.workspaceId
    appIdentityName: identity.name
    agentPrincipalId: agentPrincipalId
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  params: {
    location: location
    namePrefix: namePrefix
    tags: tags
    addressRange: networkAddressRange
  }
}

var endpointTargets = [
  { resource: 'data', groupId: 'blob' }
  { resource: 'data', groupId: 'queue' }
  { resource: 'records', groupId: 'blob' }
  { resource: 'host', groupId: 'blob' }
  { resource: 'host', groupId: 'queue' }
  { resource: 'host', groupId: 'table' }
  { resource: 'relay', groupId: 'namespace' }
  { resource: 'keys', groupId: useManagedHsm ? 'managedhsm' : 'vault' }
]
var endpointTargetIds = {
  data: dataStorage.outputs.id
  records: recordsStorage.outputs.id
  host: hostStorage.outputs.id
  relay: relay.outputs.id
  keys: useManagedHsm ? managedHsm!.outputs.id : vault!.outputs.id
}

module endpoints 'modules/private-endpoint.bicep' = [
  for target in endpointTargets: if (privateNetworking) {
    params: {
      location: location
      name: '${namePrefix}-${target.resource}-${target.groupId}'
      tags: tags
      subnetId: network!.outputs.endpointSubnetId
      targetId: endpointTargetIds[target.resource]
      groupId: target.groupId
      zoneId: network!.outputs.zoneIds[target.groupId]
    }
  }
]

module app 'modules/app.bicep' = {
  params: {
    location: location
    name: '${namePrefix}-app-${nameSuffix}'
    tags: tags
    identityId: identity.id
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    packagesUri: hostStorage.outputs.packagesUri
    subnetId: privateNetworking ? network!.outputs.appSubnetId : ''
    workspaceId: monitoring.outputs.workspaceId
    entraClientId: entraClientId
    settings: union(
      toObject(items(byokSettings), setting => 'Byok__${setting.key}', setting => setting.value),
      {
        Byok__VaultUri: useManagedHsm ? managedHsm!.outputs.uri : vault!.outputs.uri
        Byok__StorageAccountUri: dataStorage.outputs.blobUri
        Byok__RecordsAccountUri: recordsStorage.outputs.blobUri
        Byok__Relay__Namespace: relay.outputs.hostName
        Byok__Relay__Path: relay.outputs.path
        Byok__Containers__Uploads: dataStorage.outputs.containers.uploads
        Byok__Containers__Protected: dataStorage.outputs.containers.protected
        Byok__Containers__Branches: recordsStorage.outputs.containers.branches
        Byok__Containers__Ledger: recordsStorage.outputs.containers.ledger
        Byok__Containers__Audits: recordsStorage.outputs.containers.audits
        ByokAuditSchedule: auditSchedule
        ByokRotationSchedule: rotationSchedule
        ByokUploads__blobServiceUri: dataStorage.outputs.blobUri
        ByokUploads__queueServiceUri: dataStorage.outputs.queueUri
        ByokUploads__credential: 'managedidentity'
        ByokUploads__clientId: identity.properties.clientId
        // Event Grid tells of uploads; the function that looks for them is for the emulator.
        'AzureWebJobs.UploadPolling.Disabled': 'true'
        AzureWebJobsStorage__blobServiceUri: hostStorage.outputs.blobUri
        AzureWebJobsStorage__queueServiceUri: hostStorage.outputs.queueUri
        AzureWebJobsStorage__tableServiceUri: hostStorage.outputs.tableUri
        AzureWebJobsStorage__credential: 'managedidentity'
        AzureWebJobsStorage__clientId: identity.properties.clientId
        AZURE_CLIENT_ID: identity.properties.clientId
        APPLICATIONINSIGHTS_CONNECTION_STRING: monitoring.outputs.insightsConnectionString
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
      }
    )
  }
}

module uploadTopic 'modules/upload-topic.bicep' = {
  params: {
    location: location
    name: uploadTopicName
    tags: tags
    dataAccountName: dataAccountName
    hostAccountName: hostAccountName
    undeliveredContainer: undeliveredContainer
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [dataStorage, hostStorage]
}

module uploadSubscription 'modules/upload-subscription.bicep' = if (deployEventSubscription) {
  params: {
    topicName: uploadTopicName
    appName: app.outputs.name
    appHostName: app.outputs.hostName
    functionName: uploadFunctionName
    uploadsContainer: dataStorage.outputs.containers.uploads
    hostAccountId: hostStorage.outputs.id
    undeliveredContainer: undeliveredContainer
  }
  dependsOn: [uploadTopic]
}

@description('Name of the function app: what to publish to.')
output appName string = app.outputs.name

@description('Address of the HTTP API.')
output apiUri string = 'https://${app.outputs.hostName}/api'

@description('Address of the vault or Managed HSM.')
output vaultUri string = useManagedHsm ? managedHsm!.outputs.uri : vault!.outputs.uri

@description('Name of the data storage account.')
output dataAccountName string = dataStorage.outputs.name

@description('Name of the storage account of branch records, ledger and audits.')
output recordsAccountName string = recordsStorage.outputs.name

@description('Host name of the relay: for the agent\'s configuration.')
output relayNamespace string = relay.outputs.hostName

@description('Path of the hybrid connection: for the agent\'s configuration.')
output relayPath string = relay.outputs.path

@description('Object id of the app\'s managed identity: for the local roles of a Managed HSM.')
output appPrincipalId string = identity.properties.principalId
