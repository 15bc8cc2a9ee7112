using Byok.Core.Branches;
using Byok.Core.Keys;

namespace Byok.Core.Ledger;

/// <summary>What the ledger keeps of a state of a blob that is about to be stored.</summary>
/// <param name="BlobId">The envelope's blob id, base64url.</param>
/// <param name="Commitment">The DEK's commitment, base64url.</param>
/// <param name="Mac">The header MAC, base64url.</param>
/// <param name="KeyId">The version that its copy of the branch key is wrapped under.</param>
/// <param name="Branch">The branch that its DEK is sealed under.</param>
public sealed record IntendedState(string BlobId, string Commitment, string Mac, KeyIdentifier KeyId, BranchName Branch);
