using System.Text.RegularExpressions;

namespace Byok.EndToEnd.Tests.Layering;

/// <summary>
/// What docs/ARCHITECTURE.md names. In its text: all in code font that begins with a capital (<c>Type</c>, <c>Type.Member</c>, <c>Method()</c>, a project), and paths. In its
/// drawings: words of two humps or more.
/// </summary>
internal sealed partial class ArchitecturePage(string text)
{
    /// <summary>They are not compiled on every feed, and never for these tests; a type of theirs is known by its file.</summary>
    private static readonly string[] NotBuiltHere = ["Byok.KeyVault", "ByokFunctions"];

    public static ArchitecturePage Read() => new(File.ReadAllText(Path.Combine(ProjectFile.RepositoryRoot, "docs", "ARCHITECTURE.md")));

    /// <summary>The rows of the table of rooms: each project, and whom it knows.</summary>
    public IEnumerable<string> Rooms => RoomRow().Matches(text).Select(row => $"{row.Groups["room"].Value}: {row.Groups["known"].Value}");

    /// <summary>All names, each once.</summary>
    public IReadOnlyList<string> Names =>
        [.. Drawing().Matches(text).SelectMany(drawing => NameInDrawing().Matches(drawing.Value))
            .Concat(NameInText().Matches(Drawing().Replace(text, string.Empty)))
            .Select(match => match.Groups["name"].Value).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Those that are not there.</summary>
    public IEnumerable<string> FindUnknown(CompiledNames compiled) => Names.Where(name => !IsThere(name, compiled));

    private static bool IsThere(string name, CompiledNames compiled)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return Path.Exists(Path.Combine(ProjectFile.RepositoryRoot, name));
        }

        if (name.EndsWith("()", StringComparison.Ordinal))
        {
            return compiled.IsMemberOfAny(name[..^2]);
        }

        return IsProject(name) || (name.Split('.') is [var type, var member] ? compiled.IsMember(type, member) : compiled.IsType(name) || IsFile(name));
    }

    private static bool IsProject(string name) => Directory.Exists(Path.Combine(ProjectFile.RepositoryRoot, "src", name));

    private static bool IsFile(string type) => NotBuiltHere.Any(project =>
        Directory.GetFiles(Path.Combine(ProjectFile.RepositoryRoot, "src", project), $"{type}.cs", SearchOption.AllDirectories).Length > 0);

    [GeneratedRegex(@"^```\n.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Drawing();

    [GeneratedRegex(@"(?<![\w.])(?<name>(I[A-Z][a-z0-9]+|[A-Z][a-z0-9]+[A-Z][a-z0-9]+)\w*(\.[A-Z]\w*)?)")]
    private static partial Regex NameInDrawing();

    [GeneratedRegex(@"`(?<name>[A-Z]\w*(\.[A-Z]\w*)*(\(\))?|(src|tests|docs|infra)/[\w./-]*)`")]
    private static partial Regex NameInText();

    [GeneratedRegex(@"^\| `(?<room>Byok[\w.]*)` \|[^|\n]*\| (?<known>[^|\n]*) \|$", RegexOptions.Multiline)]
    private static partial Regex RoomRow();
}
