namespace Byok.Core.Keys;

/// <summary>A customer's master key as the on-prem HSM describes it: label, public part and the attributes that matter for export.</summary>
/// <param name="Label">The PKCS#11 label (<c>CKA_LABEL</c>).</param>
/// <param name="PublicKey">The public part.</param>
/// <param name="Sensitive"><c>CKA_SENSITIVE</c>: never readable in the clear.</param>
/// <param name="Extractable"><c>CKA_EXTRACTABLE</c>: may leave the token, wrapped.</param>
public sealed record MasterKey(string Label, RsaPublicKey PublicKey, bool Sensitive, bool Extractable);
