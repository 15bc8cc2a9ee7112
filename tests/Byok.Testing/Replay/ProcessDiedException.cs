namespace Byok.Testing.Replay;

/// <summary>The process was killed; nothing but the engine's store is left of it.</summary>
public sealed class ProcessDiedException : Exception;
