namespace Byok.Bench.Reporting;

/// <summary>
/// The results' page. Each benchmark owns what stands between its two markers, and a run replaces only that: so one benchmark can be
/// measured again alone, and what people wrote around it stays.
/// </summary>
internal sealed class ResultsFile(string path)
{
    public void Replace(string name, string title, string markdown)
    {
        var begin = $"<!-- {name}: begin -->";
        var end = $"<!-- {name}: end -->";
        var page = File.Exists(path) ? File.ReadAllText(path) : "# Benchmarks\n";
        var from = page.IndexOf(begin, StringComparison.Ordinal);
        var to = page.IndexOf(end, StringComparison.Ordinal);
        page = from >= 0 && to > from
            ? $"{page[..(from + begin.Length)]}\n{markdown}\n{page[to..]}"
            : $"{page.TrimEnd()}\n\n## {title}\n\n{begin}\n{markdown}\n{end}\n";

        // Written beside and moved, so that a run that is broken off leaves the page whole.
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path + ".new", page);
        File.Move(path + ".new", path, overwrite: true);
    }
}
