// A sample: copy it, put your own ids in, and keep the copy out of public places.
using './main.bicep'

param namePrefix = 'byok'

param tags = {
  workload: 'bring-your-own-key'
}

// Object ids of Entra groups; a deployment without them works and grants people nothing.
param uploaderGroupIds = ['11111111-1111-1111-1111-111111111111']
param readerGroupIds = ['22222222-2222-2222-2222-222222222222']
param auditorGroupIds = ['33333333-3333-3333-3333-333333333333']
param custodianGroupIds = ['44444444-4444-4444-4444-444444444444']

// Object id of the agent's service principal (of the enterprise application, not of the app registration).
param agentPrincipalId = '55555555-5555-5555-5555-555555555555'

param byokSettings = {
  DefaultKey: 'master-2026'
  // Every key that protects blobs, former ones too: blobs under another are refused.
  AcceptedKeys: 'master-2026'
  BranchMaximumAgeDays: '365'
  RequiredApprovals: '2'
}

// False for the first deployment; true for the second, after the code is published.
param deployEventSubscription = false
