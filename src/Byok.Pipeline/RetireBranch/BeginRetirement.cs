using Byok.Core.Branches;
using Byok.Core.Errors;
using Byok.Core.Keys;
using Byok.Core.Orchestration;
using Byok.Core.Ports;
using Byok.Pipeline.Keys;

namespace Byok.Pipeline.RetireBranch;

/// <summary>Claims the key, and says which branch is meant.</summary>
public sealed class BeginRetirement(IKeyVault vault, OperationClaims claims, PipelineOptions options) : Activity<BeginRetirementInput, RetirementBegun>
{
    public const string Name = "BeginRetirement";

    /// <inheritdoc/>
    /// <exception cref="KeyUnavailableException">There is no such key, it is revoked, or no branch of it is pinned.</exception>
    /// <exception cref="ConflictException">Another operation on the key is under way, or the branch is not pinned.</exception>
    public override async Task<RetirementBegun> RunAsync(BeginRetirementInput input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var life = await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false);
        life.Require(KeyOperation.Rotate);
        await claims.ClaimAsync(input.KeyName, input.OperationId, cancellationToken).ConfigureAwait(false);
        var pins = BranchPins.Of(await vault.ReadLifeAsync(input.KeyName, cancellationToken).ConfigureAwait(false));
        var branch = input.Branch ?? pins.RequireCurrent();
        if (!pins.Contains(branch))
        {
            throw new ConflictException($"The branch {branch} is not pinned for the key '{input.KeyName}': it was retired already, or never was one of its branches. 'byok branch list {input.KeyName}' shows those that are.");
        }

        if (branch == pins.Current && pins.Sealed.Count == BranchPins.MaxSealed)
        {
            throw new ConflictException(
                $"The current branch of '{input.KeyName}' cannot be sealed: {BranchPins.MaxSealed} branches are, the most there may be; retire one of those first (byok key rotate {input.KeyName} --branch ID).");
        }

        return new RetirementBegun(branch, options.KeyCacheTime, options.BlobsPerPage);
    }
}

/// <summary>Which retirement begins.</summary>
public sealed record BeginRetirementInput(string OperationId, string KeyName, BranchName? Branch);

/// <summary>What a retirement works from.</summary>
public sealed record RetirementBegun(BranchName Branch, TimeSpan KeyCacheTime, int PageSize);
