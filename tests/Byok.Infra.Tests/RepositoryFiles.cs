namespace Byok.Infra.Tests;

internal static class RepositoryFiles
{
    public static string Root { get; } = FindRoot();

    public static string InfraFolder { get; } = Path.Combine(Root, "infra");

    public static IReadOnlyList<string> BicepFiles { get; } =
        [.. Directory.EnumerateFiles(InfraFolder, "*.bicep", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ByokFunctions.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"No ByokFunctions.sln above {AppContext.BaseDirectory}: run the tests inside the repository.");
    }
}
