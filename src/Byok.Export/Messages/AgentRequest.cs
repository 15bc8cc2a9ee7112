namespace Byok.Export.Messages;

/// <summary>A request to the agent beside the HSM, however it was carried.</summary>
/// <param name="Method">HTTP method, in capitals.</param>
/// <param name="Path">Path below the hybrid connection, for example <c>/exports</c>. The contract knows no query.</param>
/// <param name="Body">The body; empty when there is none.</param>
public sealed record AgentRequest(string Method, string Path, ReadOnlyMemory<byte> Body);
