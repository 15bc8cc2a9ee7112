using Byok.Core.Keys;

namespace Byok.Core.Ledger;

/// <summary>What the ledger keeps of a state of a blob that is about to be stored.</summary>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
/// <param name="Commitment">The DEK's commitment, base64url.</param>
/// <param name="Mac">The header MAC, base64url.</param>
/// <param name="Generation">The state's generation.</param>
/// <param name="KeyId">The version that its DEK is wrapped under.</param>
public sealed record IntendedState(string BlobId, string Commitment, string Mac, long Generation, KeyIdentifier KeyId);
