namespace Byok.Agent.Configuration;

/// <summary>Which PKCS#11 token the agent uses.</summary>
/// <param name="Module">Path of the module.</param>
/// <param name="Label">The token's label; null when it is found by its serial number.</param>
/// <param name="SerialNumber">The token's serial number; null when it is found by its label.</param>
/// <param name="PinFile">File that holds the user's PIN.</param>
/// <param name="VendorKeyWrapMechanism">The vendor's number of AES-KWP; null for the standard ones.</param>
public sealed record TokenSettings(string Module, string? Label, string? SerialNumber, string PinFile, ulong? VendorKeyWrapMechanism);
