using Byok.Export.Approvals;

namespace Byok.Export.Policy;

/// <summary>What the customer lets this agent do. Everything that is not named is refused.</summary>
public sealed record ExportPolicy
{
    /// <summary>The vaults that keys may go to: scheme, host and port.</summary>
    public required IReadOnlyList<Uri> Vaults { get; init; }

    /// <summary>The master keys that may leave, wrapped, and that the inventory shows.</summary>
    public required IReadOnlyList<LabelPattern> Keys { get; init; }

    /// <summary>The people who may approve.</summary>
    public required IReadOnlyList<Approver> Approvers { get; init; }

    /// <summary>How many of them must approve each export. 0 asks for none.</summary>
    public required int RequiredApprovals { get; init; }

    /// <summary>Smallest KEK, in bits; 2048 by default.</summary>
    public int MinimumKekSizeInBits { get; init; } = 2048;

    /// <summary>How far in the future a request's expiry may lie; 24 hours by default.</summary>
    public TimeSpan MaximumValidity { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Exports an hour at most; 20 by default.</summary>
    public int ExportsPerHour { get; init; } = 20;

    /// <summary>Requests of any kind an hour at most, so that nobody fills the record's disk; 1,000 by default.</summary>
    public int RequestsPerHour { get; init; } = 1000;

    /// <summary>Labels of keys that may be generated on request; none by default.</summary>
    public IReadOnlyList<LabelPattern> GeneratedKeys { get; init; } = [];

    /// <summary>Sizes of keys that may be generated, in bits; 3072 and 4096 by default.</summary>
    public IReadOnlyList<int> GeneratedKeySizesInBits { get; init; } = [3072, 4096];

    /// <summary>Generated keys an hour at most; 5 by default.</summary>
    public int GeneratedKeysPerHour { get; init; } = 5;
}
