using Byok.Core.Branches;
using Byok.Core.Keys;
using Byok.Pipeline.AuditKeys;
using Byok.Pipeline.Branches;
using Byok.Pipeline.Tests.Branches;

namespace Byok.Pipeline.Tests.AuditKeys;

/// <summary>What an audit says of branches, at the borders of what it finds.</summary>
public sealed class AuditVaultTests
{
    [Theory]
    [InlineData(BranchPins.MaxSealed - 3, false)]
    [InlineData(BranchPins.MaxSealed - 2, true)]
    [InlineData(BranchPins.MaxSealed, true)]
    public async Task Audit_SealedBranches_SaysWhenTheyAreNearTheirLimit(int count, bool isFound)
    {
        using var stack = await BranchStack.CreateAsync();
        var (version, pins) = (await stack.CurrentVersionAsync(), await stack.PinsAsync());
        for (var number = 0; number < count; number++)
        {
            using var branch = BranchKey.Generate();
            await stack.Records.AddAsync(BranchStack.Key, branch.Name, branch.WrapWith(version.Id, version.RequirePublicKey()), default);
            pins = pins.AddSealed(branch.Name);
        }

        stack.Vault.Replace(version with { Tags = pins.WriteTo(version.Tags) });

        var audited = await AuditAsync(stack);

        Assert.Equal(isFound ? ["branches-near-limit alpha"] : [], Found(audited));
        Assert.Equal(pins.All.Select(branch => new AuditedBranch(branch, branch == pins.Current, version.Id)), Assert.Single(audited.Keys).Branches);
    }

    [Theory]
    [InlineData(365, 0, false)]
    [InlineData(365, 1, true)]
    [InlineData(null, 0, true)]
    public async Task Audit_CurrentBranch_SaysWhenItIsOlderThanThePolicyAllows(int? days, int seconds, bool isFound)
    {
        using var stack = await BranchStack.CreateAsync(options => options with { MaxKeyAge = TimeSpan.FromDays(1_000) });
        var version = await stack.CurrentVersionAsync();
        var tags = new Dictionary<string, string>(version.Tags);
        tags.Remove(KeyTags.BranchSince);
        if (days is { } age)
        {
            tags[KeyTags.BranchSince] = BranchAge.Format(stack.Time.GetUtcNow().AddDays(-age).AddSeconds(-seconds));
        }

        stack.Vault.Replace(version with { Tags = tags });

        Assert.Equal(isFound ? ["branch-age alpha"] : [], Found(await AuditAsync(stack)));
    }

    [Theory]
    [InlineData(null, "branch-record-missing")]
    [InlineData("{", "branch-record-malformed")]
    public async Task Audit_RecordOfAKeyInUseSaysNothing_SaysThatNoVersionUnwrapsByItEither(string? record, string code)
    {
        using var stack = await BranchStack.CreateAsync();
        var name = BranchRecord.BlobNameOf(BranchStack.Key, (await stack.PinsAsync()).Current!);
        await (record is null
            ? stack.Storage.Branches.DeleteAsync(name, null, default)
            : stack.Storage.Branches.PutAsync(name, BinaryData.FromString(record), "application/json", null, default));

        var audited = await AuditAsync(stack);

        Assert.Equal([$"{code} {name}", $"branch-unproved {name}"], Found(audited));
        Assert.Null(Assert.Single(Assert.Single(audited.Keys).Branches).ProvedUnder);
    }

    [Theory]
    [InlineData(KeyTags.Activation, "01")]
    [InlineData(KeyTags.Activation, null)]
    [InlineData(KeyTags.Branch, "not a branch")]
    [InlineData(KeyTags.Branch, null)]
    public async Task Audit_PinsThatWereRemovedOrDamaged_AreFound(string tag, string? value)
    {
        using var stack = await BranchStack.CreateAsync();
        var version = await stack.CurrentVersionAsync();
        var tags = version.Tags.Where(pair => pair.Key != tag).ToDictionary();
        if (value is not null)
        {
            tags[tag] = value;
        }

        stack.Vault.Replace(version with { Tags = tags });

        var audited = await AuditAsync(stack);

        Assert.Equal(["key-pins alpha"], Found(audited));
        Assert.Empty(Assert.Single(audited.Keys).Branches);
    }

    private static Task<AuditVaultResult> AuditAsync(BranchStack stack) => stack.Catalog.Get<AuditVault>().RunAsync(null, default);

    private static IEnumerable<string> Found(AuditVaultResult audited) => audited.Findings.Listed.Select(finding => $"{finding.Code} {finding.Object}");
}
