namespace Byok.Export.Messages;

/// <summary>The agent's answer.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType"><see cref="ExportContract.JsonMediaType"/> or <see cref="ExportContract.ProblemMediaType"/>.</param>
/// <param name="Body">JSON, UTF-8.</param>
public sealed record AgentResponse(int Status, string ContentType, ReadOnlyMemory<byte> Body);
