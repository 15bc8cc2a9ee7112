using Byok.Infra.Tests.Bicep;

namespace Byok.Infra.Tests.Templates;

public sealed class EventTests
{
    [Fact]
    public async Task Subscription_FirstPass_IsAbsent()
    {
        var deployment = await Deployment.Sample;

        Assert.Empty(deployment.OfType("Microsoft.EventGrid/systemTopics/eventSubscriptions"));
        Assert.Equal(deployment.DataAccount().Id, deployment.Only("Microsoft.EventGrid/systemTopics").Text("source"));
    }

    [Fact]
    public async Task Subscription_SecondPass_SendsUploadsOnlyToTheBlobTrigger()
    {
        var subscription = (await Deployment.SecondPass).Only("Microsoft.EventGrid/systemTopics/eventSubscriptions");

        Assert.Equal(["Microsoft.Storage.BlobCreated"], subscription.Texts("filter.includedEventTypes"));
        Assert.Equal("/blobServices/default/containers/uploads/blobs/", subscription.Text("filter.subjectBeginsWith"));
        var endpoint = subscription.Text("destination.properties.endpointUrl")!;
        Assert.Contains("https://{0}/runtime/webhooks/blobs?functionName=Host.Functions.{1}", endpoint, StringComparison.Ordinal);
        Assert.Contains("systemKeys.blobs_extension", endpoint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscription_UndeliveredEvents_AreKeptByTheTopicsIdentity()
    {
        var deployment = await Deployment.SecondPass;
        var destination = deployment.Only("Microsoft.EventGrid/systemTopics/eventSubscriptions").Property("deadLetterWithResourceIdentity")!;

        Assert.Equal("SystemAssigned", (string?)destination["identity"]!["type"]);
        Assert.Equal("undelivered", (string?)destination["deadLetterDestination"]!["properties"]!["blobContainerName"]);
        Assert.Contains(deployment.OfType("Microsoft.Authorization/roleAssignments"), a => a.Scope == deployment.Container("undelivered").Id);
    }
}
