using System.Net;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Byok.Core.Errors;

namespace Byok.Storage.Tests;

/// <summary>The service's answers, as they come over the wire, become our failure types.</summary>
public sealed class StorageFailuresTests
{
    [Theory]
    [InlineData(404, "BlobNotFound", typeof(BlobNotFoundException))]
    [InlineData(404, "ContainerNotFound", typeof(ConfigurationException))]
    [InlineData(409, "BlobAlreadyExists", typeof(ConcurrentWriteException))]
    [InlineData(412, "ConditionNotMet", typeof(ConcurrentWriteException))]
    [InlineData(412, "AppendPositionConditionNotMet", typeof(ConcurrentWriteException))]
    [InlineData(412, "LeaseIdMissing", typeof(BlobLockedException))]
    [InlineData(409, "BlobArchived", typeof(BlobLockedException))]
    [InlineData(409, "BlobImmutableDueToPolicy", typeof(BlobLockedException))]
    [InlineData(409, "BlobUsesCustomerSpecifiedEncryption", typeof(BlobLockedException))]
    [InlineData(400, "InvalidBlockList", typeof(ConcurrentWriteException))]
    [InlineData(401, "InvalidAuthenticationInfo", typeof(ConfigurationException))]
    [InlineData(403, "AuthorizationPermissionMismatch", typeof(ConfigurationException))]
    [InlineData(408, "OperationTimedOut", typeof(ServiceUnavailableException))]
    [InlineData(429, "TooManyRequests", typeof(ServiceUnavailableException))]
    [InlineData(500, "InternalError", typeof(ServiceUnavailableException))]
    [InlineData(503, "ServerBusy", typeof(ServiceUnavailableException))]
    [InlineData(400, "InvalidHeaderValue", typeof(UnexpectedFailureException))]
    public async Task TranslateAsync_AnswerOfTheService_BecomesOurType(int status, string code, Type expected)
    {
        var container = Container(
            (request, _) => Task.FromResult(new HttpResponseMessage((HttpStatusCode)status)
            {
                Headers = { { "x-ms-error-code", code } },
                // An answer to HEAD has no body; its code is in the header only.
                Content = request.Method == HttpMethod.Head ? null : new StringContent($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>secret-looking text of the service</Message></Error>", null, "application/xml"),
            }),
            retries: 0);

        var failure = await Assert.ThrowsAsync(
            expected, () => StorageFailures.TranslateAsync("container/blob", () => container.GetBlobClient("blob").DownloadContentAsync()));

        await Assert.ThrowsAsync(
            expected, () => StorageFailures.TranslateAsync("container/blob", () => container.GetBlobClient("blob").GetPropertiesAsync()));
        Assert.Contains("container/blob", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-looking", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task TranslateAsync_NobodyAnswers_IsUnavailable(int retries)
    {
        var attempts = 0;
        var container = Container(
            (_, _) =>
            {
                Interlocked.Increment(ref attempts);
                throw new HttpRequestException("connection refused");
            },
            retries);

        var failure = await Assert.ThrowsAsync<ServiceUnavailableException>(
            () => StorageFailures.TranslateAsync("container/blob", () => container.GetBlobClient("blob").GetPropertiesAsync()));
        Assert.Equal(retries + 1, attempts);
        Assert.Equal("Storage did not answer for 'container/blob': connection refused", failure.Message);
    }

    [Fact]
    public async Task TranslateAsync_ConnectionBreaksOff_IsUnavailable() =>
        await Assert.ThrowsAsync<ServiceUnavailableException>(
            () => StorageFailures.TranslateAsync<int>("container/blob", () => throw new IOException("reset by peer")));

    [Fact]
    public async Task TranslateAsync_FailureThatIsNotStorages_GoesThrough()
    {
        await Assert.ThrowsAsync<IntegrityException>(() => StorageFailures.TranslateAsync<int>("x", () => throw new IntegrityException("it")));
        await Assert.ThrowsAsync<OperationCanceledException>(() => StorageFailures.TranslateAsync<int>("x", () => throw new OperationCanceledException()));
    }

    [Fact]
    public async Task CreateClientOptions_Throttled_WaitsAsTheServiceAsks()
    {
        var answers = new Queue<HttpStatusCode>([HttpStatusCode.ServiceUnavailable, HttpStatusCode.TooManyRequests, HttpStatusCode.OK]);
        var options = StorageAccount.CreateClientOptions(new HttpClientTransport(new HttpClient(new FaultyHandler((_, _) =>
        {
            var answer = new HttpResponseMessage(answers.Dequeue()) { Content = new ByteArrayContent([]) };
            answer.Headers.Add("Retry-After", "0");
            return Task.FromResult(answer);
        }))));

        await new BlobContainerClient(new Uri("http://127.0.0.1/account/container"), options).GetPropertiesAsync();

        Assert.Empty(answers);
    }

    private static BlobContainerClient Container(Func<HttpRequestMessage, Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> send, int retries)
    {
        var options = StorageAccount.CreateClientOptions(new HttpClientTransport(new HttpClient(new FaultyHandler(send))));
        options.Retry.MaxRetries = retries;
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        return new BlobContainerClient(new Uri("http://127.0.0.1/account/container"), options);
    }
}
