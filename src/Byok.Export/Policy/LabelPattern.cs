using Byok.Core.Errors;
using Byok.Core.Text;
using Byok.Export.Approvals;

namespace Byok.Export.Policy;

/// <summary>Which key labels are meant: one exactly, or all that start with a prefix (<c>payroll-*</c>). Compared byte by byte.</summary>
public sealed record LabelPattern
{
    private readonly string _text;
    private readonly bool _isPrefix;

    /// <exception cref="ConfigurationException">It is empty, too long, or has an asterisk elsewhere than at its end.</exception>
    public LabelPattern(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        _isPrefix = pattern.EndsWith('*');
        _text = _isPrefix ? pattern[..^1] : pattern;
        if (pattern.Length is 0 or > CanonicalRequest.MaxNameLength || _text.Contains('*', StringComparison.Ordinal))
        {
            throw new ConfigurationException($"is not a key label, nor a prefix with an asterisk at its end; {SettingText.Describe(pattern)}.");
        }
    }

    public bool Matches(string label) => _isPrefix ? label.StartsWith(_text, StringComparison.Ordinal) : label == _text;

    /// <summary>The pattern as it was written.</summary>
    public override string ToString() => _isPrefix ? _text + "*" : _text;
}
