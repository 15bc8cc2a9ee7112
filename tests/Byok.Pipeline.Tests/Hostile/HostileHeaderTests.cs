using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.MoveBlobs;
using Byok.Pipeline.RotateKey;
using Byok.Testing.CommandLine;

namespace Byok.Pipeline.Tests.Hostile;

/// <summary>What others write into a blob's metadata, whether its MAC verifies or not, is told of that blob by its name, and stops nothing else.</summary>
public class HostileHeaderTests
{
    private const string Name = "hostile";
    private const int Length = 140;

    /// <summary>Fewer than a report lists of one kind.</summary>
    private const int ValuesAtOnce = 20;

    private static readonly string[] Ours = ["a", "z"];

    public static TheoryData<string, int, bool> Values
    {
        get
        {
            var data = new TheoryData<string, int, bool>();
            foreach (var values in HostileValue.All.GroupBy(value => value.Field))
            {
                for (var first = 0; first < values.Count(); first += ValuesAtOnce)
                {
                    data.Add(values.Key, first, false);
                    data.Add(values.Key, first, true);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public async Task EveryOperation_FieldOfOthers_IsToldOfItsBlobAndStopsNothingElse(string field, int first, bool isVerified)
    {
        var values = HostileValue.All.Where(value => value.Field == field).Skip(first).Take(ValuesAtOnce)
            .Select((value, number) => (Name: $"hostile-{number:D2}", Value: value)).ToDictionary(pair => pair.Name, pair => pair.Value);
        using var stack = await HostileStack.CreateAsync();
        var key = await stack.Catalog.Keys.GetCurrentAsync(LifeStack.Key, default);
        foreach (var ours in Ours)
        {
            await stack.SeedAsync(ours, LifeStack.ContentOf(ours), key);
        }

        foreach (var (name, value) in values)
        {
            var text = value.Text?.Replace(HostileValue.Vault, stack.Vault.VaultUri.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
            await new ForgedBlob(stack.Storage.Protected.Name, name, TestBytes.Create(Length), key).Set(field, text, isVerified).PutAsync(stack.Storage, name);
        }

        var believed = values.Where(pair => pair.Value.HasForm && isVerified).Select(pair => pair.Key).ToHashSet();
        var intact = believed.Where(name => values[name].IsHarmless).ToHashSet();
        await AssertListedAsync(stack, values);
        await AssertInspectedAsync(stack, values, intact);
        await AssertAuditedAsync(stack, values, intact);
        await AssertRotatedAsync(stack, values, believed, deep: false);
        await AssertRotatedAsync(stack, values, intact, deep: true);
        await AssertReplacedAsync(stack, values);
    }

    [Fact]
    public async Task Audit_PlainBlobsThatSayTheyAreLongestOfAll_AreFindings()
    {
        using var stack = await HostileStack.CreateAsync();
        foreach (var name in new[] { "one", "two" })
        {
            await stack.Storage.Protected.Client.GetBlobClient(name).UploadAsync(
                BinaryData.FromString("plain"),
                new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = new Dictionary<string, string> { [EnvelopeFields.Length] = "9223372036854775807" } });
        }

        var report = await HostileStack.AuditAsync(stack);

        Assert.Equal([("blob-malformed", "one"), ("blob-malformed", "two")], report.Findings.Select(finding => (finding.Code, finding.Object)));
        Assert.Equal(0, report.PlaintextBytes);
    }

    [Fact]
    public void After_PagesWithMoreBytesThanTheNumberHolds_StaysAtTheMost()
    {
        var state = new AuditState { StartedOn = LifeStack.Start, Vault = "v", Keys = [] };
        var page = new AuditBlobsResult { PlaintextBytes = long.MaxValue - 1 };

        Assert.Equal(long.MaxValue - 1, state.After(page).PlaintextBytes);
        Assert.Equal(long.MaxValue, state.After(page).After(page).PlaintextBytes);
    }

    [Fact]
    public void After_PagesOfBlobsThatNameVersionsThatNeverWere_KeepsOldVersionsOnly()
    {
        var old = KeyIdentifier.Parse("https://vault.example/keys/customer-key/1");
        var state = new RotationState
        {
            TargetId = KeyIdentifier.Parse("https://vault.example/keys/customer-key/2"),
            TargetThumbprint = "x",
            OldVersions = [old],
            Terms = new RotationTerms(default, default, 10),
            StartedOn = LifeStack.Start,
            RetiredOn = LifeStack.Start,
            TotalBlobs = 0,
            Pass = 1,
            PassStartedOn = LifeStack.Start,
        };
        for (var number = 0; number < 1000; number++)
        {
            state = state.After(new RewrapPageResult { LeftByVersion = new Dictionary<string, long> { [$"https://vault.example/keys/customer-key/made{number}"] = 1, [old.ToString()] = 1 } });
        }

        Assert.Equal(2000, state.Left);
        Assert.Equal(new Dictionary<string, long> { [old.ToString()] = 1000 }, state.LeftByVersion);
    }

    [Theory]
    [InlineData(true, 1)] // It is the last generation: a new upload begins anew.
    [InlineData(false, 1)] // Its MAC does not verify: nothing of it is believed.
    public async Task Encrypt_OverABlobAtTheGenerationsLimit_BeginsWithTheFirst(bool isVerified, long expected)
    {
        using var stack = await HostileStack.CreateAsync();
        await PutAsync(stack, EnvelopeFields.Generation, "999999999999999", isVerified);

        await stack.UploadAsync(Name, TestBytes.Create(Length), overwrite: true);

        Assert.Equal(expected, (await stack.HeaderAsync(Name)).Generation);
        Assert.DoesNotContain((await HostileStack.AuditAsync(stack)).Findings, finding => finding.Object == Name);
    }

    [Theory]
    [InlineData("7", true, 8)]
    [InlineData("7", false, 1)]
    [InlineData("499999999999999", true, 500_000_000_000_000)]
    [InlineData("500000000000000", true, 1)]
    [InlineData("999999999999998", true, 1)]
    [InlineData("999999999999998", false, 1)]
    public async Task Encrypt_OverABlob_FollowsItsGenerationOnlyWhenItVerifies(string generation, bool isVerified, long expected)
    {
        using var stack = await HostileStack.CreateAsync();
        await PutAsync(stack, EnvelopeFields.Generation, generation, isVerified);

        await stack.UploadAsync(Name, TestBytes.Create(Length), overwrite: true);

        Assert.Equal(expected, (await stack.HeaderAsync(Name)).Generation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rotate_BlobAtTheGenerationsLimit_IsLeftBehindWithTheWayOut(bool deep)
    {
        using var stack = await HostileStack.CreateAsync();
        await PutAsync(stack, EnvelopeFields.Generation, "999999999999999", isVerified: true);
        await HostileStack.VouchAsync(stack, Name);

        var result = await HostileStack.RotateAsync(stack, deep);

        var left = Assert.Single(result.Unmovable);
        Assert.Equal((Name, "GenerationLimit"), (left.Name, left.Reason.ToString()));
        Assert.Contains("'hostile'", left.Explanation, StringComparison.Ordinal);
        Assert.Contains("upload it again", left.Explanation, StringComparison.Ordinal);
        Assert.Equal(TestBytes.Create(Length), await stack.ReadAsync(Name));

        await stack.UploadAsync(Name, TestBytes.Create(Length), overwrite: true);
        Assert.Equal(0, (await HostileStack.RotateAsync(stack, deep)).LeftBehind);
    }

    private static async Task PutAsync(LifeStack stack, string field, string text, bool isVerified)
    {
        var key = await stack.Catalog.Keys.GetCurrentAsync(LifeStack.Key, default);
        await new ForgedBlob(stack.Storage.Protected.Name, Name, TestBytes.Create(Length), key).Set(field, text, isVerified).PutAsync(stack.Storage, Name);
    }

    /// <summary>What <c>blob list</c> does: each header is well-formed, or told with the blob's name.</summary>
    private static async Task AssertListedAsync(LifeStack stack, Dictionary<string, HostileValue> values)
    {
        var listed = await stack.Catalog.Reader.ListAsync(null, default).ToDictionaryAsync(blob => blob.Name, blob => blob.Metadata);
        Assert.Equal([.. values.Keys.Concat(Ours).Order()], listed.Keys.Order());
        foreach (var (name, value) in values)
        {
            var fault = Record.Exception(() => EnvelopeHeader.Parse(listed[name], name));
            Assert.True(value.HasForm ? fault is null : fault is EnvelopeException, $"{value}: {fault}");
            Assert.True(fault is null || (fault.Message.Contains($"'{name}'", StringComparison.Ordinal) && fault.Message.Length < 300), fault?.Message);
        }
    }

    /// <summary>What <c>blob inspect</c>, <c>verify</c> and <c>decrypt</c> do.</summary>
    private static async Task AssertInspectedAsync(LifeStack stack, Dictionary<string, HostileValue> values, HashSet<string> intact)
    {
        foreach (var (name, value) in values)
        {
            var refusal = await Record.ExceptionAsync(() => stack.ReadAsync(name));
            Assert.True(intact.Contains(name) ? refusal is null : refusal is EnvelopeException or KeyUnavailableException, $"{value}: {refusal}");
        }
    }

    private static async Task AssertAuditedAsync(LifeStack stack, Dictionary<string, HostileValue> values, HashSet<string> intact)
    {
        var report = await HostileStack.AuditAsync(stack);
        Assert.Equal(values.Count + Ours.Length, report.Blobs);
        Assert.Equal(intact.Count + Ours.Length, report.ScrubbedBlobs);
        Assert.Equal(values.Keys.Except(intact).Order(), report.Findings.Where(finding => finding.Severity == Severity.Critical).Select(finding => finding.Object).Order());
        Assert.DoesNotContain(report.Findings, finding => !values.ContainsKey(finding.Object));
        Assert.InRange(report.PlaintextBytes, Ours.Sum(ours => LifeStack.ContentOf(ours).Length), 1000 + (values.Count * Length));
    }

    private static async Task AssertRotatedAsync(LifeStack stack, Dictionary<string, HostileValue> values, HashSet<string> believed, bool deep)
    {
        var old = (await stack.HeaderAsync("a")).KeyId;
        var result = await HostileStack.RotateAsync(stack, deep);
        Assert.NotEqual(old, result.KeyId);
        foreach (var ours in Ours)
        {
            Assert.Equal(result.KeyId, (await stack.HeaderAsync(ours)).KeyId);
            Assert.Equal(LifeStack.ContentOf(ours), await stack.ReadAsync(ours));
        }

        Assert.InRange(result.Rewrapped, Ours.Length, Ours.Length + believed.Count);
        Assert.Equal(result.LeftBehind, result.Unmovable.Count);
        Assert.All(result.Unmovable, left => Assert.Contains(left.Name, values.Keys));
        Assert.All(result.Unmovable, left => Assert.True(left.Explanation.Length < 500, left.Explanation));
    }

    /// <summary>The way out of everything.</summary>
    private static async Task AssertReplacedAsync(LifeStack stack, Dictionary<string, HostileValue> values)
    {
        var content = TestBytes.Create(300);
        foreach (var (name, value) in values)
        {
            var failure = await Record.ExceptionAsync(() => stack.UploadAsync(name, content, overwrite: true));
            Assert.True(failure is null, $"{value}: {failure}");
            Assert.Equal(content, await stack.ReadAsync(name));
        }

        var report = await HostileStack.AuditAsync(stack);
        Assert.DoesNotContain(report.Findings, finding => values.ContainsKey(finding.Object) || Ours.Contains(finding.Object));
        var rotated = await HostileStack.RotateAsync(stack, deep: false);
        Assert.Equal((values.Count + Ours.Length, 0), (rotated.Rewrapped, rotated.LeftBehind));
    }
}
