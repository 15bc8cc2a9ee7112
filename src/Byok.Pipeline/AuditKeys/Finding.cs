namespace Byok.Pipeline.AuditKeys;

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Code">What kind of finding it is, for example <c>key-expires-soon</c>; stable across releases.</param>
/// <param name="Object">The key version, blob, vault or ledger that it is about.</param>
/// <param name="Meaning">What it means.</param>
/// <param name="Detail">What was seen, in a few words; null when the code says it all.</param>
public sealed record Finding(Severity Severity, string Code, string Object, string Meaning, string WhatToDo, string? Detail);

/// <summary>A kind of finding.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Meaning">What it means.</param>
public sealed record FindingKind(Severity Severity, string Code, string Title, string Meaning, string WhatToDo)
{
    /// <summary>A finding of this kind.</summary>
    public Finding On(string subject, string? detail = null) => new(Severity, Code, subject, Meaning, WhatToDo, detail);
}
