using System.Text;
using System.Text.Json;
using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Keys.Attestation;
using Byok.Core.Orchestration;
using Byok.Core.Tests.Envelope;
using Byok.Core.Tests.Envelope.Vectors;
using Byok.Core.Transfer;
using Byok.Testing.Core.Fuzzing;

namespace Byok.Core.Tests.Fuzzing;

/// <summary>What others wrote: the envelope's metadata and content, branch records, the transfer blob, key identifiers and keys, attested attributes.</summary>
public sealed class ParserFuzzTests
{
    [Fact]
    public void Envelope_Mutated_IsReadOrRefused() => Envelope(Fuzzer.FewInputs);

    [Fact]
    public void BranchRecord_Mutated_IsReadOrRefused() => Record(Fuzzer.FewInputs);

    [Fact]
    public void Transfer_Mutated_IsReadOrRefused() => Transfer(Fuzzer.FewInputs);

    [Fact]
    public void Key_Mutated_IsReadOrRefused() => Key(Fuzzer.FewInputs);

    [Fact]
    public void Attestation_Mutated_IsReadOrRefused() => Attestation(Fuzzer.FewInputs);

    [Fact]
    public Task Content_Mutated_IsReadOrRefused() => ContentAsync(Fuzzer.FewInputs);

    [Trait("Category", "Long")]
    [Fact]
    public void Envelope_MutatedManyTimes_IsReadOrRefused() => Envelope(Fuzzer.ManyInputs);

    [Trait("Category", "Long")]
    [Fact]
    public void BranchRecord_MutatedManyTimes_IsReadOrRefused() => Record(Fuzzer.ManyInputs);

    [Trait("Category", "Long")]
    [Fact]
    public void Transfer_MutatedManyTimes_IsReadOrRefused() => Transfer(Fuzzer.ManyInputs);

    [Trait("Category", "Long")]
    [Fact]
    public void Key_MutatedManyTimes_IsReadOrRefused() => Key(Fuzzer.ManyInputs);

    [Trait("Category", "Long")]
    [Fact]
    public void Attestation_MutatedManyTimes_IsReadOrRefused() => Attestation(Fuzzer.ManyInputs);

    [Trait("Category", "Long")]
    [Fact]
    public Task Content_MutatedManyTimes_IsReadOrRefused() => ContentAsync(Fuzzer.ManyInputs);

    // Lines of name=value, as the service hands them out.
    private static void Envelope(int inputs) => Fuzzer.Run(
        "envelope", inputs,
        input =>
        {
            var metadata = Encoding.UTF8.GetString(input).Split('\n').Select(line => line.Split('=', 2)).Where(pair => pair.Length == 2)
                .Select(pair => KeyValuePair.Create(pair[0], pair[1])).ToList();
            var header = EnvelopeHeader.Parse(metadata, "blob");
            foreach (var (name, value) in header.ToMetadata())
            {
                Assert.Contains(metadata, pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase) && pair.Value == value);
            }
        },
        exception => exception is EnvelopeException);

    private static void Record(int inputs) => Fuzzer.Run(
        "branch-record", inputs,
        input =>
        {
            var record = BranchRecord.Parse(input, "archive", TestKeys.Branch.Name);
            var written = record.ToUtf8Json();
            Assert.InRange(written.Length, 1, BranchRecord.MaxLengthInBytes);
            Assert.Equal(record.Wrappings, BranchRecord.Parse(written, "archive", TestKeys.Branch.Name).Wrappings);
            Assert.All(record.Wrappings, wrapping => Assert.Equal("archive", wrapping.KeyId.Name));
        },
        exception => exception is MalformedBranchRecordException);

    private static void Transfer(int inputs) => Fuzzer.Run(
        "transfer", inputs,
        input =>
        {
            TransferBlobLinter.Lint(input, new Uri("https://contoso.vault.azure.net"), 4096, 3072);
            var blob = TransferBlob.Parse(input);
            Assert.Equal(blob.KekId, TransferBlob.Parse(blob.ToUtf8Json()).KekId);
            blob.Split(2048);
        },
        exception => exception is TransferBlobException);

    private static void Key(int inputs) => Fuzzer.Run(
        "key", inputs,
        input =>
        {
            if (KeyIdentifier.TryParse(Encoding.UTF8.GetString(input), out var id))
            {
                Assert.Equal(id, KeyIdentifier.Parse(id.ToString()));
            }

            JsonSerializer.Deserialize<MasterKey>(input, OrchestrationJson.Options);
        },
        exception => exception is JsonException or FormatException or ArgumentException);

    // What an HSM signed, as if anybody's signature were good.
    private static void Attestation(int inputs) => Fuzzer.Run(
        "attestation", inputs,
        input =>
        {
            var attributes = AttestedAttributes.Parse(input);
            Assert.True(!attributes.TryGetInteger(AttestedAttribute.Modulus, out var modulus) || (modulus.Length <= input.Length && modulus[0] != 0));
            attributes.Text(AttestedAttribute.Id);
            attributes.Number(AttestedAttribute.Class);
            attributes.Flag(AttestedAttribute.Extractable);
        },
        exception => exception is AttestationException);

    // Chunks and the table behind them, under a header that is right.
    private static async Task ContentAsync(int inputs)
    {
        var vector = EnvelopeVector.Read(Path.Combine(TestKeys.VectorFolder, "tail.json"));
        Assert.Equal(vector.Content, Fuzzer.Read("content", "sound"));
        var header = EnvelopeHeader.Parse(vector.Metadata, vector.Blob);
        using var dek = TestKeys.Branch.OpenDek(header.SealedDek.Span, header.BlobId);
        await Fuzzer.RunAsync(
            "content", inputs,
            async input =>
            {
                var reader = EnvelopeReader.Open(header, dek, TestReader.Keep(dek), new MemoryRangeSource(input), vector.Container, vector.Blob);
                var plaintext = new byte[reader.Layout.PlaintextLength];
                await EnvelopeDownload.CopyToAsync(reader, 1, (offset, bytes, _) =>
                {
                    bytes.CopyTo(plaintext.AsMemory((int)offset));
                    return ValueTask.CompletedTask;
                });
                Assert.Equal(vector.Plaintext, plaintext);
            },
            exception => exception is IntegrityException);
    }
}
