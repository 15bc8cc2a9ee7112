namespace Byok.Pipeline.AuditKeys;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>Good to know.</summary>
    Notice,

    /// <summary>Not wrong yet, or wrong without harm to the data so far.</summary>
    Warning,

    /// <summary>Data is unreadable, altered, or not protected as promised.</summary>
    Critical,
}
