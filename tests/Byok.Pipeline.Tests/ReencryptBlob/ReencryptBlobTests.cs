using System.Security.Cryptography;
using Azure.Storage.Blobs.Models;
using Byok.Core.Errors;
using Byok.Pipeline.ReencryptBlob;
using Byok.Pipeline.RotateKey;
using Byok.Pipeline.Tests.RotateKey;
using Byok.Testing;

namespace Byok.Pipeline.Tests.ReencryptBlob;

[Collection(AzuriteCollection.Name)]
public class ReencryptBlobTests(AzuriteFixture azurite)
{
    private const int Chunk = 4 * 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Chunk)]
    [InlineData(Chunk + 1)]
    [InlineData((17 * Chunk) + 3)] // two segments
    public async Task Reencrypt_ABlob_ReplacesDekBeksAndCiphertextAndKeepsTheRest(int length)
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var content = RandomNumberGenerator.GetBytes(length);
        await stack.UploadAsync("blob", content);
        var client = stack.Storage.Protected.Client.GetBlobClient("blob");
        await client.SetHttpHeadersAsync(new BlobHttpHeaders { ContentType = "image/png" });
        await client.SetTagsAsync(new Dictionary<string, string> { ["team"] = "red" });
        var before = await stack.HeaderAsync("blob");
        var oldBytes = (await client.DownloadContentAsync()).Value.Content.ToArray();

        await ReencryptAsync(stack, "blob");

        var after = await stack.HeaderAsync("blob");
        Assert.NotEqual(before.BlobId, after.BlobId);
        Assert.True(after.WrittenOn > before.WrittenOn);
        Assert.Equal(before.Branch, after.Branch);
        Assert.False(before.SealedDek.Span.SequenceEqual(after.SealedDek.Span));
        Assert.False(before.Commitment.Span.SequenceEqual(after.Commitment.Span));
        var newBytes = (await client.DownloadContentAsync()).Value.Content.ToArray();
        Assert.Equal(oldBytes.Length, newBytes.Length);
        Assert.True(length == 0 || !oldBytes.SequenceEqual(newBytes));
        Assert.Equal("image/png", (await client.GetPropertiesAsync()).Value.ContentType);
        Assert.Equal("red", (await client.GetTagsAsync()).Value.Tags["team"]);
        Assert.Equal(content, await stack.ReadAsync("blob"));
    }

    [Fact]
    public async Task Reencrypt_KilledAtEveryBoundary_EndsWithOneWholeBlob()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var content = RandomNumberGenerator.GetBytes((17 * Chunk) + 3);
        await stack.UploadAsync("blob", content);
        var killed = new HashSet<string>();
        stack.Engine.DiesAt = (boundary, _) => killed.Add(boundary);

        var result = await ReencryptAsync(stack, "blob");

        Assert.InRange(stack.Engine.Deaths, 5, 6); // two segments that run at once may die together
        Assert.Equal(content, await stack.ReadAsync("blob"));
    }

    [Fact]
    public async Task Reencrypt_TamperedOrMissingBlob_IsRefused()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        await stack.SeedAsync(1);
        var client = stack.Storage.Protected.Client.GetBlobClient("blob-000000");
        var bytes = (await client.DownloadContentAsync()).Value.Content.ToArray();
        bytes[0] ^= 1;
        await client.UploadAsync(BinaryData.FromBytes(bytes), new BlobUploadOptions { Metadata = (await client.GetPropertiesAsync()).Value.Metadata });

        await Assert.ThrowsAsync<IntegrityException>(() => ReencryptAsync(stack, "blob-000000"));
        Assert.Equal(bytes, (await client.DownloadContentAsync()).Value.Content.ToArray());
        await Assert.ThrowsAsync<BlobNotFoundException>(() => ReencryptAsync(stack, "nothing"));
    }

    [Fact]
    public async Task RotateDeep_ManyBlobs_GivesEveryBlobANewDekUnderTheNewKey()
    {
        using var stack = await LifeStack.CreateAsync(azurite);
        var names = await stack.SeedAsync(23);
        var before = await Task.WhenAll(names.Select(stack.HeaderAsync));

        var result = await RotateKeyTests.RotateAsync(stack, new RotateKeyInput { KeyName = LifeStack.Key, Deep = true });

        Assert.Equal(23, result.Reencrypted);
        Assert.Equal([result.Branches[0].ToString()], (await stack.CoverageAsync()).Keys);
        Assert.Single(result.Disabled);
        for (var i = 0; i < names.Count; i++)
        {
            Assert.NotEqual(before[i].BlobId, (await stack.HeaderAsync(names[i])).BlobId);
            Assert.Equal(LifeStack.ContentOf(names[i]), await stack.ReadAsync(names[i]));
        }
    }

    private static Task<ReencryptBlobResult> ReencryptAsync(LifeStack stack, string name) => stack.Engine.RunAsync<ReencryptBlobResult>(
        ReencryptBlobOrchestration.Name, new ReencryptBlobInput { BlobName = name }, $"reencrypt-{Guid.NewGuid():N}");
}
