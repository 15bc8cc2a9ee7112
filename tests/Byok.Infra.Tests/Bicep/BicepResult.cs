namespace Byok.Infra.Tests.Bicep;

/// <param name="ExitCode">0 without errors.</param>
/// <param name="Output">Standard output: what was compiled.</param>
/// <param name="Diagnostics">Standard error: warnings and errors, one a line.</param>
internal sealed record BicepResult(int ExitCode, string Output, string Diagnostics);
