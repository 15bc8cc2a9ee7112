using Byok.Core.Errors;
using Byok.Core.Keys;

namespace Byok.Core.Tests.Keys;

public sealed class KeyLifeTests
{
    private const string Revoked = "revoked 2030-01-01T00:00:02.0000000Z revoke-1";
    private const string Restoring = "restoring 2030-01-01T00:00:03.0000000Z restore-1";
    private const string Restored = "restored 2030-01-01T00:00:03.0000000Z restore-1";

    /// <summary>Each version as state, whether it is enabled, and its order.</summary>
    public static TheoryData<KeyState, string[]> Listings => new()
    {
        { KeyState.Purged, [] },
        { KeyState.Purged, ["pending off"] },
        { KeyState.Purged, [$"pending off {Revoked}"] }, // nothing that a restore could give back
        { KeyState.Bringing, ["pending on"] },
        { KeyState.Bringing, ["- on"] },
        { KeyState.Brought, ["active on"] },
        { KeyState.Brought, ["replaced off", "active on"] },
        { KeyState.Brought, ["retired off", "active on"] },
        { KeyState.Brought, [$"active on {Restored}"] },
        { KeyState.Rotating, ["active on", "pending on"] },
        { KeyState.Rotating, ["retired on", "active on"] },
        { KeyState.Rotating, ["active on", "active on"] },
        { KeyState.Revoking, [$"retired off {Revoked}", "active on"] }, // cut off, or brought meanwhile
        { KeyState.Revoking, [$"active on {Revoked}"] }, // enabled past a restore
        { KeyState.Revoking, ["retired on", "active off"] }, // by hand
        { KeyState.Revoking, [$"retired on {Restored}", $"active off {Restored}"] },
        { KeyState.Revoked, ["active off"] },
        { KeyState.Revoked, [$"active off {Revoked}", "replaced off"] },
        { KeyState.Revoked, [$"active off {Restored}"] },
        { KeyState.Revoked, ["replaced off"] },
        { KeyState.Restoring, [$"retired on {Restoring}", $"active off {Revoked}"] },
        { KeyState.Restoring, [$"active on {Restoring}"] },
        { KeyState.Restoring, [$"active off {Restoring}"] },
    };

    [Theory]
    [MemberData(nameof(Listings))]
    public void State_OfAListing_IsOne(KeyState expected, string[] versions)
    {
        var listed = versions.Select(version => version.Split(' ', 3)).Select(parts => LifeOf.Version(parts[0] == "-" ? null : parts[0], parts[1] == "on", parts.ElementAtOrDefault(2))).ToArray();

        Assert.Equal(expected, LifeOf.Versions(listed).State);
        Assert.Equal(expected, LifeOf.Versions([.. listed.Reverse()]).State);
        Assert.All(listed, version => Assert.Equal(KeyState.Deleted, LifeOf.Deleted(version).State));
    }

    [Fact]
    public void Current_TwoOfTheSameSecond_IsTheLastListed()
    {
        var (first, last) = (LifeOf.Version(), LifeOf.Version());

        Assert.Same(last, LifeOf.Versions(first, last, LifeOf.Version(isEnabled: false), LifeOf.Version(KeyTags.Retired)).Current);
        Assert.Null(LifeOf.Versions(LifeOf.Version(isEnabled: false)).Current);
    }

    [Fact]
    public void Require_EveryStateAndOperation_PassesOrSaysWhichKeyAndWhy()
    {
        foreach (var state in Enum.GetValues<KeyState>())
        {
            foreach (var operation in Enum.GetValues<KeyOperation>())
            {
                var thrown = Record.Exception(() => KeyLifecycle.Require("some-key", state, operation));
                if (KeyLifecycle.Refusal(state, operation) is { } refusal)
                {
                    Assert.Equal($"The key 'some-key' {refusal.Reason}.", thrown!.Message);
                    Assert.IsType(refusal.Kind == KeyRefusalKind.Conflict ? typeof(KeyStateException) : typeof(KeyUnavailableException), thrown);
                }
                else
                {
                    Assert.Null(thrown);
                }
            }
        }
    }

    [Fact]
    public void Refusal_WhereSomethingIsEnabled_NeverKeepsARevocationFromIt()
    {
        foreach (var state in new[] { KeyState.Bringing, KeyState.Brought, KeyState.Rotating, KeyState.Revoking, KeyState.Restoring })
        {
            Assert.Null(KeyLifecycle.Refusal(state, KeyOperation.Disable));
            Assert.Null(KeyLifecycle.Refusal(state, KeyOperation.Delete));
        }
    }

    [Fact]
    public void Refusal_OnceItIsRevoked_LetsNothingButARestoreBringItBack()
    {
        foreach (var state in new[] { KeyState.Revoking, KeyState.Revoked, KeyState.Deleted })
        {
            Assert.Equal(
                [KeyOperation.Restore],
                Enum.GetValues<KeyOperation>().Except([KeyOperation.Disable, KeyOperation.Delete]).Where(operation => KeyLifecycle.Refusal(state, operation) is null));
        }
    }
}
