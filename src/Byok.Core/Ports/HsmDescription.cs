namespace Byok.Core.Ports;

/// <summary>What an HSM says of itself, and what our self-test found.</summary>
/// <param name="Manufacturer">The token's manufacturer.</param>
/// <param name="Model">The token's model.</param>
/// <param name="FirmwareVersion">The token's firmware version.</param>
/// <param name="SerialNumber">The token's serial number.</param>
/// <param name="CanExport">Whether the self-test of the wrap mechanism passed.</param>
/// <param name="Verdict">The self-test's result in words.</param>
public sealed record HsmDescription(
    string Manufacturer, string Model, string FirmwareVersion, string TokenLabel, string SerialNumber, bool CanExport, string Verdict);
