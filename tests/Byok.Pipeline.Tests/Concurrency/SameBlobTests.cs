using Azure.Core.Pipeline;
using Byok.Client.Reading;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.EncryptBlob;
using Byok.Pipeline.Tests.RetireBranch;
using Byok.Pipeline.Tests.RotateKey;
using Byok.Testing;
using Byok.Testing.CommandLine;
using Byok.Testing.Replay;
using Byok.Testing.Storage;

namespace Byok.Pipeline.Tests.Concurrency;

/// <summary>Several hands on one blob at the same moment, on the emulator.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class SameBlobTests(AzuriteFixture azurite)
{
    private const string Name = "contested";

    [Fact]
    public async Task Upload_TenTimesAtOnce_OneOfThemIsThereWhole()
    {
        using var stack = await CreateAsync(null);
        var contents = Enumerable.Range(0, 10).Select(number => TestBytes.Create(100_000, number)).ToList();

        var outcomes = await Task.WhenAll(contents.Select(content => TryEncryptAsync(stack, content)));

        Assert.All(outcomes, outcome => Assert.True(outcome is null or ByokException and not UnexpectedFailureException, $"{outcome}"));
        await DrainAsync(stack);
        var kept = await stack.ReadAsync(Name);
        Assert.Contains(contents, content => content.AsSpan().SequenceEqual(kept));
        Assert.Empty(await stack.Storage.Uploads.Client.GetBlobsAsync().ToListAsync());
        var ledger = await stack.Ledger.ReadAsync(default).ToListAsync();
        Assert.Equal(ledger.Count, ledger.Select(entry => entry.Event.EventId).Distinct().Count());
    }

    [Fact]
    public async Task Encrypt_UploadOverwrittenMeanwhile_TheNewOneWins()
    {
        var second = TestBytes.Create(6_000_000, 2);
        using var stack = await CreateAsync(async stack => await stack.Storage.Uploads.Client.GetBlobClient(Name).UploadAsync(BinaryData.FromBytes(second), overwrite: true));

        var result = await EncryptAsync(stack, TestBytes.Create(6_000_000, 1));

        Assert.Equal(EncryptBlobOutcome.Superseded, result.Outcome);
        Assert.False(await stack.Storage.Protected.Client.GetBlobClient(Name).ExistsAsync());
        await DrainAsync(stack);
        Assert.Equal(second, await stack.ReadAsync(Name));
    }

    [Fact]
    public async Task Encrypt_UploadDeletedMeanwhile_LeavesNothing()
    {
        using var stack = await CreateAsync(async stack => await stack.Storage.Uploads.Client.GetBlobClient(Name).DeleteAsync());

        var result = await EncryptAsync(stack, TestBytes.Create(6_000_000, 1));

        Assert.Equal(EncryptBlobOutcome.Superseded, result.Outcome);
        Assert.False(await stack.Storage.Protected.Client.GetBlobClient(Name).ExistsAsync());
    }

    [Fact]
    public async Task Encrypt_KeyRotatedBeforeTheCommit_NothingIsLost()
    {
        // The worst: a whole rotation, grace included, between a chunk and the commit. The version that was current at the plan is disabled by then.
        using var stack = await CreateAsync(async stack => await RotateKeyTests.RotateAsync(stack));
        var content = TestBytes.Create(6_000_000, 1);

        var result = await EncryptAsync(stack, content);

        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal(content, await stack.ReadAsync(Name));
    }

    [Fact]
    public async Task Encrypt_BranchRetiredBeforeTheCommit_NothingIsLost()
    {
        // A whole retirement between a chunk and the commit: it has passed over all blobs, and this one was not there yet.
        using var stack = await CreateAsync(async stack => Assert.True((await RetireBranchTests.RetireAsync(stack)).IsRetired));
        var content = TestBytes.Create(6_000_000, 1);

        var result = await EncryptAsync(stack, content);

        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal((await stack.PinsAsync()).All, [(await stack.HeaderAsync(Name)).Branch]);
        Assert.Equal(content, await stack.ReadAsync(Name));
    }

    [Fact]
    public async Task Encrypt_RewrappedWhileItIsVerified_EndsWell()
    {
        using var stack = await CreateAsync(
            async stack => Assert.Equal(1, (await RetireBranchTests.RetireAsync(stack)).Moved), (request, stack) => request.Method == HttpMethod.Get && Is(request, stack.Storage.Protected.Name));
        var content = TestBytes.Create(6_000_000, 1);

        var result = await EncryptAsync(stack, content);

        Assert.Equal(EncryptBlobOutcome.Protected, result.Outcome);
        Assert.Equal(content, await stack.ReadAsync(Name));
        Assert.Equal((await stack.PinsAsync()).All, [(await stack.HeaderAsync(Name)).Branch]);
        Assert.False(await stack.Storage.Uploads.Client.GetBlobClient(Name).ExistsAsync());
    }

    [Theory]
    [InlineData(1000)] // one write
    [InlineData(6_000_000)] // blocks
    [InlineData((64 * 1024 * 1024) + 1)] // segments
    public async Task Encrypt_StrangersBlobWithItsIdAfterTheCommit_FailsAndKeepsThePlaintext(int length)
    {
        using var stack = await CreateAsync(stack => stack.ForgeAsync(Name, "forged"), IsReadOfTheBlob);
        var content = TestBytes.Create(length, 1);

        var failure = await TryEncryptAsync(stack, content);

        Assert.Contains("the ledger does not know it", Assert.IsAssignableFrom<EnvelopeException>(failure).Message, StringComparison.Ordinal);
        var upload = stack.Storage.Uploads.Client.GetBlobClient(Name);
        Assert.True(await upload.ExistsAsync(), "The plaintext was destroyed for a stranger's blob.");
        Assert.Equal(content, (await upload.DownloadContentAsync()).Value.Content.ToArray());
        Assert.DoesNotContain(await stack.Ledger.ReadAsync(default).ToListAsync(), entry => entry.Event.Subject.EndsWith($"/{Name}", StringComparison.Ordinal) && entry.Event.Kind != "blob.intended");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Begin_StrangersBlobWithItsIdBetweenTheWriteAndItsRepeat_FailsAndKeepsThePlaintext(bool overwrite)
    {
        using var stack = await CreateAsync(_ => throw new ProcessDiedException(), IsReadOfTheBlob);
        var begin = await BeginAsync(stack, TestBytes.Create(1000, 1), overwrite);
        await Assert.ThrowsAsync<ProcessDiedException>(() => stack.Catalog.Get<BeginEncryption>().RunAsync(begin, default));
        await stack.ForgeAsync(Name, "forged");

        await Assert.ThrowsAnyAsync<EnvelopeException>(() => stack.Catalog.Get<BeginEncryption>().RunAsync(begin, default));

        Assert.True(await stack.Storage.Uploads.Client.GetBlobClient(Name).ExistsAsync(), "The plaintext was destroyed for a stranger's blob.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Begin_DiedAfterItsWriteAndRotatedOrRetiredBeforeItsRepeat_IsItsOwnBlob(bool isRetired)
    {
        using var stack = await CreateAsync(_ => throw new ProcessDiedException(), IsReadOfTheBlob);
        var begin = await BeginAsync(stack, TestBytes.Create(1000, 1), overwrite: false);
        await Assert.ThrowsAsync<ProcessDiedException>(() => stack.Catalog.Get<BeginEncryption>().RunAsync(begin, default));
        if (isRetired)
        {
            Assert.Equal(1, (await RetireBranchTests.RetireAsync(stack)).Moved);
        }
        else
        {
            await RotateKeyTests.RotateAsync(stack);
        }

        using var another = stack.CreateCatalog();

        var repeated = await another.Get<BeginEncryption>().RunAsync(begin, default);

        Assert.Equal(EncryptBlobOutcome.Protected, repeated.Result!.Outcome);
        Assert.Equal(TestBytes.Create(1000, 1), await stack.ReadAsync(Name));
        Assert.False(await stack.Storage.Uploads.Client.GetBlobClient(Name).ExistsAsync());
    }

    [Fact]
    public async Task Encrypt_LaterUploadOfOursAfterTheCommit_IsSuperseded()
    {
        var later = TestBytes.Create(1000, 2);
        using var stack = await CreateAsync(stack => stack.UploadAsync(Name, later, overwrite: true), IsReadOfTheBlob);

        var result = await EncryptAsync(stack, TestBytes.Create(6_000_000, 1));

        Assert.Equal(EncryptBlobOutcome.Superseded, result.Outcome);
        Assert.Equal(later, await stack.ReadAsync(Name));
    }

    [Fact]
    public async Task Read_RotatedMeanwhile_GoesOn()
    {
        using var stack = await CreateAsync(null);
        var content = TestBytes.Create(6_000_000, 1);
        await EncryptAsync(stack, content);
        await using var opened = await stack.Catalog.Reader.OpenAsync(Name, PinFreshness.Now, default);
        var buffer = new byte[opened.Envelope.Layout.StoredChunkLength(0)];
        await opened.Envelope.ReadChunkAsync(0, buffer);

        await RotateKeyTests.RotateAsync(stack);

        var length = await opened.Envelope.ReadChunkAsync(1, buffer);
        Assert.Equal(content[^length..], buffer[..length]);
    }

    [Fact]
    public async Task Read_RewrappedMeanwhile_SaysSoAndTheNextReadIsRight()
    {
        using var stack = await CreateAsync(null);
        var content = TestBytes.Create(6_000_000, 1);
        await EncryptAsync(stack, content);
        await using var opened = await stack.Catalog.Reader.OpenAsync(Name, PinFreshness.Now, default);
        var buffer = new byte[opened.Envelope.Layout.StoredChunkLength(0)];
        await opened.Envelope.ReadChunkAsync(0, buffer);

        await RetireBranchTests.RetireAsync(stack);

        await Assert.ThrowsAsync<ConcurrentWriteException>(async () => await opened.Envelope.ReadChunkAsync(1, buffer));
        Assert.Equal(content, await stack.ReadAsync(Name));
    }

    /// <summary>A stack in which, once, something happens at the first staged block of the contested blob, or at the request that is said.</summary>
    private async Task<LifeStack> CreateAsync(Func<LifeStack, Task>? happens, Func<HttpRequestMessage, LifeStack, bool>? when = null)
    {
        var network = new FaultyNetwork(new SocketsHttpHandler()); // lives as long as the stack
        var stack = new LifeStack(await azurite.CreateAccountAsync(new HttpClientTransport(new HttpClient(network, disposeHandler: false))), LifeStack.DefaultOptions);
        await stack.BringAsync(LifeStack.Key);
        when ??= (request, _) => request.Method == HttpMethod.Put && request.RequestUri!.Query.Contains("comp=block&", StringComparison.Ordinal) && Is(request, stack.Storage.Protected.Name);
        var isDone = 0;
        network.OnRequestAsync = async request =>
        {
            if (happens is not null && when(request, stack) && Interlocked.Exchange(ref isDone, 1) == 0)
            {
                await happens(stack);
            }
        };
        return stack;
    }

    private static bool Is(HttpRequestMessage request, string container) =>
        request.RequestUri!.AbsolutePath.Contains($"/{container}/{Name}", StringComparison.Ordinal);

    private static bool IsReadOfTheBlob(HttpRequestMessage request, LifeStack stack) => request.Method == HttpMethod.Get && Is(request, stack.Storage.Protected.Name);

    private static async Task<BeginEncryptionInput> BeginAsync(LifeStack stack, byte[] content, bool overwrite)
    {
        var uploaded = await stack.Storage.Uploads.Client.GetBlobClient(Name).UploadAsync(BinaryData.FromBytes(content), overwrite: true);
        return new BeginEncryptionInput("operation", BlobId.New().ToString(), new EncryptBlobInput { BlobName = Name, ETag = uploaded.Value.ETag.ToString(), Overwrite = overwrite });
    }

    private static Task<EncryptBlobResult> EncryptAsync(LifeStack stack, byte[] content) => stack.UploadAsync(Name, content, overwrite: true);

    private static async Task<Exception?> TryEncryptAsync(LifeStack stack, byte[] content)
    {
        try
        {
            await EncryptAsync(stack, content);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    /// <summary>What the upload trigger does with what still lies in uploads.</summary>
    private static async Task DrainAsync(LifeStack stack)
    {
        stack.Catalog.Branches.Forget();
        await foreach (var upload in stack.Storage.Uploads.Client.GetBlobsAsync())
        {
            var input = new EncryptBlobInput { BlobName = upload.Name, ETag = upload.Properties.ETag!.Value.ToString(), Overwrite = true };
            await new ReplayEngine(stack.Catalog.Activities, stack.Time).RunAsync<EncryptBlobResult>(EncryptBlobOrchestration.Name, input, $"drain-{upload.Name}");
        }
    }
}
