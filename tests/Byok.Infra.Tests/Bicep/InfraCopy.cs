namespace Byok.Infra.Tests.Bicep;

/// <summary>A throw-away copy of infra/, so that the compiler never writes into the repository.</summary>
internal sealed class InfraCopy : IDisposable
{
    public InfraCopy()
    {
        Folder = Directory.CreateTempSubdirectory("byok-infra-").FullName;
        foreach (var file in Directory.EnumerateFiles(RepositoryFiles.InfraFolder, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(Folder, Path.GetRelativePath(RepositoryFiles.InfraFolder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    public string Folder { get; }

    public string Write(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
