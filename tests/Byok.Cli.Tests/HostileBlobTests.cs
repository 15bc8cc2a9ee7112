using Azure.Storage.Blobs.Models;
using Byok.Core.Envelope;
using Byok.Testing.CommandLine;

namespace Byok.Cli.Tests;

/// <summary>Metadata that others wrote, through the built program: the blob is named, and the commands go on.</summary>
public sealed class HostileBlobTests(StackFixture stack) : IClassFixture<StackFixture>
{
    private static readonly (string Field, string Text)[] Values =
    [
        (EnvelopeFields.Length, "9223372036854775807"), (EnvelopeFields.Length, "-1"), (EnvelopeFields.ChunkSize, "0"), (EnvelopeFields.ChunkSize, "2147483648"),
        (EnvelopeFields.TableSegment, "18446744073709551616"), (EnvelopeFields.Written, "1000000000000000"), (EnvelopeFields.Written, "999999999999999"),
        (EnvelopeFields.KeyId, "https://[::1]/keys/a/b"), (EnvelopeFields.KeyThumbprint, "A"), (EnvelopeFields.WrappedBranch, new string('_', 342)), (EnvelopeFields.SealedDek, new string('_', 80)), (EnvelopeFields.Branch, new string('_', 43)), (EnvelopeFields.Table, "tail"),
    ];

    [Fact]
    public async Task Commands_BlobsWithMetadataOfOthers_AreNamedAndStopNothing()
    {
        await stack.EncryptAsync("ours", 1000);
        for (var number = 0; number < Values.Length; number++)
        {
            await PlantAsync($"hostile/{number}", Values[number].Field, Values[number].Text);
        }

        foreach (var name in new[] { "plain/1", "plain/2" })
        {
            await stack.Protected.GetBlobClient(name).UploadAsync(
                BinaryData.FromString("plain"),
                new BlobUploadOptions { Metadata = new Dictionary<string, string> { [EnvelopeFields.Length] = "9223372036854775807" } });
        }

        var listed = (await stack.Byok.SucceedAsync("blob", "list", "--json")).Json.EnumerateArray().Select(row => row.GetProperty("name").GetString()).ToList();
        var drawn = (await stack.Byok.SucceedAsync("blob", "list")).Output;
        var audited = (await stack.Byok.SucceedAsync("audit", "--scrub", "100", "--json")).Json;

        Assert.Equal(Values.Length + 3, listed.Count);
        Assert.Contains("hostile/10", drawn, StringComparison.Ordinal);
        var bad = audited.GetProperty("findings").EnumerateArray()
            .Where(finding => finding.GetProperty("severity").GetString() == "critical").Select(finding => finding.GetProperty("object").GetString()).Order();
        Assert.Equal(listed.Where(name => name != "ours").Order(), bad);
        for (var number = 0; number < Values.Length; number++)
        {
            CommandAssert.Failed(4, $"'hostile/{number}'", await stack.Byok.RunAsync("blob", "inspect", $"hostile/{number}"));
        }

        // A new upload is the way out.
        var file = stack.Byok.CreateFile("new.bin", 100);
        await stack.Byok.SucceedAsync("blob", "encrypt", file, "--name", "hostile/6", "--overwrite");
        await stack.Byok.SucceedAsync("blob", "inspect", "hostile/6");
        await stack.Byok.SucceedAsync("blob", "inspect", "ours");
    }

    private async Task PlantAsync(string name, string field, string text)
    {
        await stack.EncryptAsync(name, 1000);
        var blob = stack.Protected.GetBlobClient(name);
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;
        metadata[field] = text;
        await blob.SetMetadataAsync(metadata);
    }
}
