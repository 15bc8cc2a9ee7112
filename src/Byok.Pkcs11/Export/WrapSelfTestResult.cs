namespace Byok.Pkcs11.Export;

/// <summary>What the self-test of a token's wrap mechanisms found.</summary>
/// <param name="Mechanism">The mechanism that passed; null when none did.</param>
/// <param name="TrailingZeros">Zero bytes that the token adds to PKCS#8 before it wraps it; 0 in a correct token.</param>
/// <param name="Verdict">The result in words.</param>
internal sealed record WrapSelfTestResult(ExportMechanism? Mechanism, int TrailingZeros, string Verdict);
