using System.Xml.Linq;

namespace Byok.EndToEnd.Tests.Layering;

/// <summary>What a project file says about what the project knows.</summary>
/// <param name="Name">The project.</param>
/// <param name="Projects">Projects it references.</param>
/// <param name="Packages">Packages it references.</param>
/// <param name="Frameworks">Shared frameworks it references beside the base one.</param>
internal sealed record ProjectFile(string Name, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages, IReadOnlyList<string> Frameworks)
{
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>All projects of the product. Not what a build leaves deeper down: the Functions SDK generates a project of its own there.</summary>
    public static IReadOnlyList<ProjectFile> LoadAll() =>
        [.. Directory.GetDirectories(Path.Combine(RepositoryRoot, "src"))
            .SelectMany(folder => Directory.GetFiles(folder, "*.csproj")).Select(Load).OrderBy(project => project.Name, StringComparer.Ordinal)];

    private static ProjectFile Load(string path)
    {
        var xml = XDocument.Load(path);
        IReadOnlyList<string> Includes(string element) => [.. xml.Descendants(element).Select(item => (string?)item.Attribute("Include")).OfType<string>()];
        return new ProjectFile(
            Path.GetFileNameWithoutExtension(path),
            [.. Includes("ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))],
            Includes("PackageReference"),
            Includes("FrameworkReference"));
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ByokFunctions.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
