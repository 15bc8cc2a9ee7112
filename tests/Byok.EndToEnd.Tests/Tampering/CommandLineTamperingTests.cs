using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Byok.Testing.CommandLine;

namespace Byok.EndToEnd.Tests.Tampering;

/// <summary>
/// Somebody who may write to the storage account alters protected blobs. The program has to refuse every such blob with exit code 4 and one sentence,
/// and has to leave no file behind, nor touch one that is there.
/// </summary>
public sealed class CommandLineTamperingTests(StackFixture stack) : IClassFixture<StackFixture>, IAsyncLifetime
{
    private const int StoredChunk = (4 * 1024 * 1024) + 16;
    private const int Length = 9_000_000; // three chunks
    private static readonly string[] Fields =
    [
        "byok_format", "byok_blob_id", "byok_length", "byok_chunk_size", "byok_table_segment", "byok_table", "byok_written", "byok_branch", "byok_sealed_dek",
        "byok_key_id", "byok_key_thumbprint", "byok_wrapped_branch", "byok_name_hash", "byok_commitment", "byok_mac",
    ];

    public async Task InitializeAsync()
    {
        if (!await stack.Protected.GetBlobClient("large").ExistsAsync())
        {
            await stack.EncryptAsync("large", Length, seed: 1);
            await stack.EncryptAsync("large-other", Length, seed: 2);
            await stack.EncryptAsync("small", 1000, seed: 3);
            await stack.EncryptAsync("small-other", 1000, seed: 4);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Decrypt_ByteFlipped_IsRefused()
    {
        foreach (var position in new[] { 0, 500, 999, 1000, 1015 })
        {
            await AssertRefusedAsync("small", blob => blob.Content[position] ^= 1);
        }

        foreach (var position in new[] { StoredChunk - 1, StoredChunk, (2 * StoredChunk) + 5, Length + (3 * 16) - 1 })
        {
            await AssertRefusedAsync("large", blob => blob.Content[position] ^= 0x80);
        }
    }

    [Fact]
    public async Task Decrypt_MetadataFieldAltered_IsRefused()
    {
        foreach (var field in Fields)
        {
            await AssertRefusedAsync("small", blob => blob.Metadata[field] = Alter(field, blob.Metadata[field]));
        }
    }

    [Fact]
    public async Task Decrypt_MetadataFieldRemoved_IsRefused()
    {
        foreach (var field in Fields)
        {
            await AssertRefusedAsync("small", blob => blob.Metadata.Remove(field));
        }

        await AssertRefusedAsync("small", blob => blob.Metadata.Clear());
        await AssertRefusedAsync("small", blob => blob.Metadata["byok_new"] = "1");
    }

    [Fact]
    public async Task Decrypt_LengthChanged_IsRefused()
    {
        await AssertRefusedAsync("small", blob => blob.Content = blob.Content[..^1]);
        await AssertRefusedAsync("small", blob => blob.Content = []);
        await AssertRefusedAsync("small", blob => blob.Content = [.. blob.Content, 0]);
        await AssertRefusedAsync("large", blob => blob.Content = blob.Content[..(2 * StoredChunk)]);
        await AssertRefusedAsync("large", blob => blob.Content = [.. blob.Content, .. new byte[StoredChunk]]);
    }

    [Fact]
    public async Task Decrypt_ChunksMoved_IsRefused()
    {
        await AssertRefusedAsync("large", blob => blob.Content = [.. Chunk(blob, 1), .. Chunk(blob, 0), .. Chunk(blob, 2)]);
        await AssertRefusedAsync("large", blob => blob.Content = [.. Chunk(blob, 0), .. Chunk(blob, 0), .. Chunk(blob, 2)]);
        await AssertRefusedAsync("large", blob => blob.Content = [.. Chunk(blob, 0), .. Chunk(blob, 2)]);
        await AssertRefusedAsync("large", blob => blob.Content = [.. Chunk(blob, 0), .. Chunk(blob, 1), .. Chunk(blob, 1), .. Chunk(blob, 2)]);
    }

    [Fact]
    public async Task Decrypt_PartsOfAnotherBlob_AreRefused()
    {
        var other = await ReadAsync("small-other");
        var otherLarge = await ReadAsync("large-other");

        await AssertRefusedAsync("large", blob => blob.Content = [.. Chunk(blob, 0), .. Chunk(otherLarge, 1), .. Chunk(blob, 2)]);
        await AssertRefusedAsync("small", blob => blob.Content = other.Content);
        await AssertRefusedAsync("small", blob => blob.Metadata["byok_table"] = other.Metadata["byok_table"]);
        await AssertRefusedAsync("small", blob => blob.Metadata["byok_sealed_dek"] = other.Metadata["byok_sealed_dek"]);
        await AssertRefusedAsync("small", blob =>
        {
            blob.Metadata["byok_sealed_dek"] = other.Metadata["byok_sealed_dek"];
            blob.Metadata["byok_commitment"] = other.Metadata["byok_commitment"];
            blob.Metadata["byok_mac"] = other.Metadata["byok_mac"];
        });
        await AssertRefusedAsync("small", blob => (blob.Content, blob.Metadata) = (other.Content, new Dictionary<string, string>(other.Metadata)));
        await AssertRefusedAsync("small", blob => (blob.Content, blob.Metadata) = (TestBytes.Create(1000), []));
    }

    [Fact]
    public async Task VerifyAndInspect_Tampered_EndWithFourToo()
    {
        var sound = await ReadAsync("small");
        try
        {
            await WriteAsync("small", sound with { Metadata = new Dictionary<string, string>(sound.Metadata) { ["byok_written"] = "9" } });
            CommandAssert.Failed(4, "small", await stack.Byok.RunAsync("blob", "verify", "small"));
            CommandAssert.Failed(4, "small", await stack.Byok.RunAsync("blob", "inspect", "small"));
            var listed = (await stack.Byok.SucceedAsync("blob", "list", "--json")).Json;
            Assert.Contains(listed.EnumerateArray(), row => row.GetProperty("name").GetString() == "small");
        }
        finally
        {
            await WriteAsync("small", sound);
        }
    }

    /// <summary>Tampers, decrypts once to a new file and once over one that is there, and puts the blob back.</summary>
    private async Task AssertRefusedAsync(string name, Action<StoredBlob> tamper)
    {
        var sound = await ReadAsync(name);
        var tampered = sound with { Content = [.. sound.Content], Metadata = new Dictionary<string, string>(sound.Metadata) };
        tamper(tampered);
        var existing = stack.Byok.ScratchFile("existing.out");
        await File.WriteAllTextAsync(existing, "before");
        await WriteAsync(name, tampered);
        try
        {
            var output = name == "small" ? existing : stack.Byok.ScratchFile("new.out");
            CommandAssert.Failed(4, name, await stack.Byok.RunAsync("blob", "decrypt", name, "-o", output));
        }
        finally
        {
            await WriteAsync(name, sound);
        }

        Assert.Equal("before", await File.ReadAllTextAsync(existing));
        Assert.False(File.Exists(stack.Byok.ScratchFile("new.out")));
        Assert.DoesNotContain(Directory.GetFiles(stack.Byok.Scratch), path => path.Contains(".out.", StringComparison.Ordinal));
    }

    private async Task<StoredBlob> ReadAsync(string name)
    {
        var blob = (await stack.Protected.GetBlobClient(name).DownloadContentAsync()).Value;
        return new StoredBlob { Content = blob.Content.ToArray(), Metadata = new Dictionary<string, string>(blob.Details.Metadata) };
    }

    private async Task WriteAsync(string name, StoredBlob blob) =>
        await stack.Protected.GetBlockBlobClient(name).UploadAsync(new MemoryStream(blob.Content), new BlobUploadOptions { Metadata = blob.Metadata });

    private static byte[] Chunk(StoredBlob blob, int index) =>
        blob.Content[(index * StoredChunk)..Math.Min((index + 1) * StoredChunk, blob.Content.Length)];

    private static string Alter(string field, string value) => field switch
    {
        "byok_format" => "2",
        "byok_key_id" => value[..^1] + (value[^1] == '0' ? '1' : '0'),
        "byok_length" or "byok_chunk_size" or "byok_table_segment" or "byok_written" => $"{long.Parse(value, null) + 1}",
        _ => value[..^4] + (value[^4] == 'A' ? 'B' : 'A') + value[^3..],
    };

    private sealed record StoredBlob
    {
        public required byte[] Content { get; set; }

        public required Dictionary<string, string> Metadata { get; set; }
    }
}
