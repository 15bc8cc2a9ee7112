// Sends each finished upload to the app's blob trigger. Deployed in a second pass: Event Grid shakes hands with the webhook,
// and the webhook and its key exist only once the code is published.

@description('Name of the system topic.')
param topicName string

@description('Name of the function app.')
param appName string

@description('Host name of the function app.')
param appHostName string

@description('Name of the blob-triggered function.')
param functionName string

@description('Container whose uploads are sent.')
param uploadsContainer string

@description('Resource id of the host storage account.')
param hostAccountId string

@description('Container of the host account for undelivered events.')
param undeliveredContainer string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource uploads 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'uploads-to-app'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'WebHook'
      properties: {
        // The host's keys are not in the published resource types.
        #disable-next-line use-recognized-resource-type
        endpointUrl: 'https://${appHostName}/runtime/webhooks/blobs?functionName=Host.Functions.${functionName}&code=${listKeys(resourceId('Microsoft.Web/sites/host', appName, 'default'), '2025-03-01').systemKeys.blobs_extension}'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Storage.BlobCreated']
      subjectBeginsWith: '/blobServices/default/containers/${uploadsContainer}/blobs/'
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterWithResourceIdentity: {
      identity: {
        type: 'SystemAssigned'
      }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: hostAccountId
          blobContainerName: undeliveredContainer
        }
      }
    }
  }
}
