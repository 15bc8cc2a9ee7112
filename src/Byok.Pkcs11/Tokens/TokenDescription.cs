using Net.Pkcs11Interop.HighLevelAPI;

namespace Byok.Pkcs11.Tokens;

/// <summary>What a token says of itself (<c>CK_TOKEN_INFO</c>).</summary>
/// <param name="IsUserPinSet">Whether the user's PIN was set; a token that was only half made has none.</param>
public sealed record TokenDescription(
    string Label, string SerialNumber, string Manufacturer, string Model, string FirmwareVersion, bool IsUserPinSet)
{
    internal static TokenDescription From(ITokenInfo info) =>
        new(
            info.Label.Trim(), info.SerialNumber.Trim(), info.ManufacturerId.Trim(), info.Model.Trim(), info.FirmwareVersion.Trim(),
            info.TokenFlags.UserPinInitialized);
}
