using Byok.Core.Branches;
using Byok.Core.Envelope;
using Byok.Core.Keys;
using Byok.Storage;

namespace Byok.Pipeline.Keys;

/// <summary>What a blob's metadata says of it before its header is verified: anybody who may write to storage can have put it there.</summary>
public static class UnverifiedFields
{
    /// <summary>The version that it names; null when it names none. Longer texts are none: what is returned is kept in histories.</summary>
    public static KeyIdentifier? KeyIdOf(ProtectedBlob blob) =>
        FieldOf(blob, EnvelopeFields.KeyId) is { Length: <= EnvelopeFormat.MaxKeyIdLength } text && KeyIdentifier.TryParse(text, out var id) ? id : null;

    /// <summary>The branch that it names; null when it names none.</summary>
    public static BranchName? BranchOf(ProtectedBlob blob) => BranchName.TryParse(FieldOf(blob, EnvelopeFields.Branch), out var branch) ? branch : null;

    /// <summary>The header MAC, as text; null when there is none.</summary>
    public static string? MacOf(ProtectedBlob blob) => FieldOf(blob, EnvelopeFields.Mac);

    private static string? FieldOf(ProtectedBlob blob, string field) => blob.Metadata.FirstOrDefault(pair => pair.Key.Equals(field, StringComparison.OrdinalIgnoreCase)).Value;
}
