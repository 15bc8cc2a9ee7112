using Byok.Core.Envelope;
using Byok.Core.Errors;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.MoveBlobs;
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

    /// <summary>Each without a right MAC; with one, by somebody who held the branch key; and with one and known to the ledger.</summary>
    public static TheoryData<string, int, bool, bool> Values
    {
        get
        {
            var data = new TheoryData<string, int, bool, bool>();
            foreach (var values in HostileValue.All.GroupBy(value => value.Field))
            {
                for (var first = 0; first < values.Count(); first += ValuesAtOnce)
                {
                    data.Add(values.Key, first, false, false);
                    data.Add(values.Key, first, true, false);
                    if (values.Skip(first).Take(ValuesAtOnce).Any(value => value.HasForm))
                    {
                        data.Add(values.Key, first, true, true);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Values))]
    public async Task EveryOperation_FieldOfOthers_IsToldOfItsBlobAndStopsNothingElse(string field, int first, bool isVerified, bool isInLedger)
    {
        var values = HostileValue.All.Where(value => value.Field == field).Skip(first).Take(ValuesAtOnce)
            .Select((value, number) => (Name: $"hostile-{number:D2}", Value: value)).ToDictionary(pair => pair.Name, pair => pair.Value);
        using var stack = await HostileStack.CreateAsync();
        var branch = await HeldBranch.OfAsync(stack);
        using (var current = await stack.Catalog.Branches.GetCurrentAsync(LifeStack.Key, Client.Reading.PinFreshness.Now, default))
        {
            foreach (var ours in Ours)
            {
                await stack.SeedAsync(ours, LifeStack.ContentOf(ours), current);
            }
        }

        foreach (var (name, value) in values)
        {
            var text = value.Text?.Replace(HostileValue.Vault, stack.Vault.VaultUri.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
            await new ForgedBlob(stack.Storage.Protected.Name, name, TestBytes.Create(Length), branch).Set(field, text, isVerified).PutAsync(stack.Storage, name);
            if (isInLedger && value.HasForm)
            {
                await HostileStack.VouchAsync(stack, name);
            }
        }

        var believed = values.Where(pair => pair.Value.HasForm && isVerified).Select(pair => pair.Key).ToHashSet();
        var intact = believed.Where(name => values[name].IsHarmless).ToHashSet();
        await AssertListedAsync(stack, values);
        await AssertInspectedAsync(stack, values, intact);
        await AssertAuditedAsync(stack, values, intact);
        await AssertRotatedAsync(stack);
        await AssertRotatedDeepAsync(stack, values, isInLedger ? intact.Count : 0);
        await AssertRetiredAsync(stack, values, isInLedger ? intact.Count : 0, isInLedger ? believed.Count : 0);
        await AssertInspectedAsync(stack, values, intact);
        await AssertAuditedAsync(stack, values, intact);
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
    public void After_PagesOfManyBlobsThatCannotBeMoved_CountsAllAndListsTheFirst()
    {
        var state = new MoveState
        {
            Scope = new MoveScope { KeyName = LifeStack.Key },
            PageSize = 10,
            ProofFrom = LifeStack.Start,
            TotalBlobs = 0,
            Pass = 1,
            PassStartedOn = LifeStack.Start,
        };
        for (var number = 0; number < 1000; number++)
        {
            state = state.After(new RewrapPageResult().WithUnmovable(new UnmovableBlob($"{number:D4}", UnmovableReason.Tampered, "made up")));
        }

        Assert.Equal(1000, state.Left);
        Assert.Equal(Enumerable.Range(0, MoveState.MaxListed).Select(number => $"{number:D4}"), state.Unmovable.Select(blob => blob.Name));
    }

    [Theory]
    [InlineData(-1, true, 0)]
    [InlineData(0, true, 1)]
    [InlineData(1000, true, 1001)]
    [InlineData(300_000, true, 300_001)]
    [InlineData(300_001, true, 0)] // Later than clocks may differ: it does not bind.
    [InlineData(1, false, 0)] // Its MAC does not verify: nothing of it is believed.
    [InlineData(1000, false, 0)]
    public async Task Encrypt_OverABlob_FollowsItsTimeOnlyWhenItVerifiesAndIsWithinTheTolerance(long millisecondsFromNow, bool isVerified, long expected)
    {
        using var stack = await HostileStack.CreateAsync();
        var now = stack.Time.GetUtcNow().ToUnixTimeMilliseconds();
        await PutAsync(stack, EnvelopeFields.Written, $"{now + millisecondsFromNow}", isVerified);

        await stack.UploadAsync(Name, TestBytes.Create(Length), overwrite: true);

        Assert.Equal(expected, (await stack.HeaderAsync(Name)).WrittenOn.ToUnixTimeMilliseconds() - now);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Encrypt_OverABlobOfTheLastTime_TakesTheTimeThatItIs(bool isVerified)
    {
        using var stack = await HostileStack.CreateAsync();
        await PutAsync(stack, EnvelopeFields.Written, "253402300799999", isVerified);

        await stack.UploadAsync(Name, TestBytes.Create(Length), overwrite: true);

        Assert.Equal(stack.Time.GetUtcNow(), (await stack.HeaderAsync(Name)).WrittenOn);
        Assert.DoesNotContain((await HostileStack.AuditAsync(stack)).Findings, finding => finding.Object == Name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Retire_BlobOfTheLastTime_IsMovedAndTakesTheTimeThatItIs(bool deep)
    {
        using var stack = await HostileStack.CreateAsync();
        await PutAsync(stack, EnvelopeFields.Written, "253402300799999", isVerified: true);
        await HostileStack.VouchAsync(stack, Name);
        var begun = stack.Time.GetUtcNow();

        var result = await HostileStack.RetireAsync(stack, deep: deep);

        Assert.Equal((true, 1, 0), (result.IsRetired, result.Moved, result.LeftBehind));
        Assert.InRange((await stack.HeaderAsync(Name)).WrittenOn, begun, stack.Time.GetUtcNow());
        Assert.Equal(TestBytes.Create(Length), await stack.ReadAsync(Name));
    }

    private static async Task PutAsync(LifeStack stack, string field, string text, bool isVerified) =>
        await new ForgedBlob(stack.Storage.Protected.Name, Name, TestBytes.Create(Length), await HeldBranch.OfAsync(stack)).Set(field, text, isVerified).PutAsync(stack.Storage, Name);

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

    /// <summary>Branch keys are wrapped anew; no blob is written, whoever made it, and none is in the way of the old version.</summary>
    private static async Task AssertRotatedAsync(LifeStack stack)
    {
        var (pins, etags) = (await HostileStack.PinsAsync(stack), await ETagsAsync(stack));

        var result = await HostileStack.RotateAsync(stack, deep: false);

        Assert.Equal(pins.All, result.Branches);
        Assert.Equal((0, 0), (result.Reencrypted, result.LeftBehind));
        Assert.Empty(result.Kept);
        Assert.Equal(result.KeyId, Assert.Single(await stack.VersionsAsync(), version => version.Enabled).Id);
        Assert.Equal(etags, await ETagsAsync(stack));
        await AssertOursAsync(stack);
    }

    private static async Task AssertRotatedDeepAsync(LifeStack stack, Dictionary<string, HostileValue> values, int others)
    {
        var result = await HostileStack.RotateAsync(stack, deep: true);

        foreach (var ours in Ours)
        {
            Assert.Equal(result.KeyId, (await stack.HeaderAsync(ours)).Wrapping.KeyId);
        }

        Assert.Equal(Ours.Length + others, result.Reencrypted);
        AssertLeft(values, result.LeftBehind, result.Unmovable);
        Assert.Empty(result.Kept);
        await AssertOursAsync(stack);
    }

    /// <summary>What is ours moves; a blob that cannot be moved keeps its branch sealed, and does no more.</summary>
    private static async Task AssertRetiredAsync(LifeStack stack, Dictionary<string, HostileValue> values, int atLeast, int atMost)
    {
        var result = await HostileStack.RetireAsync(stack);

        foreach (var ours in Ours)
        {
            Assert.Equal(result.Current, (await stack.HeaderAsync(ours)).Branch);
        }

        Assert.InRange(result.Moved, Ours.Length + atLeast, Ours.Length + atMost);
        AssertLeft(values, result.LeftBehind, result.Unmovable);
        Assert.Equal(result.LeftBehind == 0, result.IsRetired);
        Assert.Equal(result.IsRetired ? [result.Current] : new[] { result.Current, result.Branch }, (await HostileStack.PinsAsync(stack)).All);
        await AssertOursAsync(stack);
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
        foreach (var branch in (await HostileStack.PinsAsync(stack)).Sealed)
        {
            var nothingLeft = await HostileStack.RetireAsync(stack, branch);
            Assert.Equal((true, 0, 0), (nothingLeft.IsRetired, nothingLeft.Moved, nothingLeft.LeftBehind));
        }

        var retired = await HostileStack.RetireAsync(stack);
        Assert.Equal((true, values.Count + Ours.Length, 0), (retired.IsRetired, retired.Moved, retired.LeftBehind));
    }

    private static async Task AssertOursAsync(LifeStack stack)
    {
        foreach (var ours in Ours)
        {
            Assert.Equal(LifeStack.ContentOf(ours), await stack.ReadAsync(ours));
        }
    }

    private static void AssertLeft(Dictionary<string, HostileValue> values, long count, IReadOnlyList<UnmovableBlob> unmovable)
    {
        Assert.Equal(count, unmovable.Count);
        Assert.All(unmovable, left => Assert.Contains(left.Name, values.Keys));
        Assert.All(unmovable, left => Assert.True(left.Explanation.Length < 500, left.Explanation));
    }

    private static async Task<Dictionary<string, string>> ETagsAsync(LifeStack stack) =>
        await stack.Catalog.Reader.ListAsync(null, default).ToDictionaryAsync(blob => blob.Name, blob => blob.ETag.ToString());
}
