namespace Byok.EndToEnd.Tests.Layering;

/// <summary>The house's rules about who may know whom (design, "The house").</summary>
internal static class LayeringRules
{
    /// <summary>The compiled names of the hosts, whose code nobody uses: the command line has the agent built beside it, to start it as a process.</summary>
    private static readonly string[] HostAssemblies = ["byok", "byok-agent", "ByokFunctions"];

    /// <summary>Which projects each project may reference. A project that is missing here is a violation: the rule for it has to be thought about first.</summary>
    private static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["Byok.Core"] = [],
        ["Byok.Http"] = [],
        ["Byok.Storage"] = ["Byok.Core", "Byok.Http"],
        ["Byok.Client"] = ["Byok.Core", "Byok.Storage"],
        ["Byok.Pipeline"] = ["Byok.Client", "Byok.Core", "Byok.Storage"],
        ["Byok.Api"] = ["Byok.Core", "Byok.Pipeline", "Byok.Storage"],
        ["Byok.Pkcs11"] = ["Byok.Core"],
        ["Byok.Relay"] = ["Byok.Core", "Byok.Http"],
        ["Byok.Export"] = ["Byok.Core", "Byok.Http", "Byok.Relay"],
        ["Byok.KeyVault"] = ["Byok.Core", "Byok.Http"],
        ["Byok.Durable"] = ["Byok.Core"],
        ["Byok.Local"] = ["Byok.Api", "Byok.Client", "Byok.Core", "Byok.Durable", "Byok.Export", "Byok.Http", "Byok.Pipeline", "Byok.Pkcs11", "Byok.Relay", "Byok.Storage"],
        ["Byok.Agent"] = ["Byok.Core", "Byok.Export", "Byok.Http", "Byok.Pkcs11", "Byok.Relay"],
        ["Byok.Cli"] = ["Byok.Agent", "Byok.Api", "Byok.Client", "Byok.Core", "Byok.Durable", "Byok.Export", "Byok.Http", "Byok.Local", "Byok.Pipeline", "Byok.Pkcs11", "Byok.Relay", "Byok.Storage"],
        ["ByokFunctions"] = ["Byok.Api", "Byok.Client", "Byok.Core", "Byok.Export", "Byok.Http", "Byok.KeyVault", "Byok.Pipeline", "Byok.Relay", "Byok.Storage"],
    };

    /// <summary>Packages that only certain projects may use: the beginning of the package's name, and the projects.</summary>
    private static readonly (string Package, string[] Projects)[] Reserved =
    [
        ("Pkcs11Interop", ["Byok.Pkcs11", "Byok.Local"]),
        ("Azure.Security.KeyVault", ["Byok.KeyVault"]),
        ("Microsoft.Azure.Functions", ["ByokFunctions"]),
        ("Microsoft.DurableTask", ["ByokFunctions"]),
        ("Azure.Storage.Blobs", ["Byok.Storage"]),
        ("Azure.Identity", ["Byok.KeyVault", "Byok.Agent", "ByokFunctions"]),
        ("Microsoft.Data.Sqlite", ["Byok.Durable", "Byok.Local"]),
        ("System.CommandLine", ["Byok.Agent", "Byok.Cli"]),
        ("Spectre.Console", ["Byok.Cli"]),
    ];

    /// <summary>Whom each project may know, as docs/ARCHITECTURE.md writes it, by name.</summary>
    public static IEnumerable<string> Describe() => MayKnow
        .Select(rule => $"{rule.Key}: {(rule.Value.Length == 0 ? "nobody" : string.Join(", ", rule.Value.Select(known => known.Replace("Byok.", string.Empty, StringComparison.Ordinal))))}")
        .Order(StringComparer.Ordinal);

    /// <summary>Everything that is against the rules, in words.</summary>
    public static IEnumerable<string> FindViolations(IReadOnlyCollection<ProjectFile> projects)
    {
        foreach (var project in projects)
        {
            if (!MayKnow.TryGetValue(project.Name, out var known))
            {
                yield return $"{project.Name} has no rule.";
                continue;
            }

            foreach (var reference in project.Projects.Except(known))
            {
                yield return $"{project.Name} must not know {reference}.";
            }

            foreach (var package in project.Packages.Where(package => Reserved.Any(rule => IsOf(package, rule.Package) && !rule.Projects.Contains(project.Name))))
            {
                yield return $"{project.Name} must not use the package {package}.";
            }

            if (project.Name == "Byok.Core" && project.Packages.Concat(project.Frameworks).Any())
            {
                yield return "Byok.Core must use the base class library only.";
            }
        }

        foreach (var missing in MayKnow.Keys.Except(projects.Select(project => project.Name)))
        {
            yield return $"{missing} has a rule, but is no project.";
        }
    }

    /// <summary>The same on what a compiled assembly references, where references through others show too.</summary>
    public static IEnumerable<string> FindViolations(string assembly, IEnumerable<string> references)
    {
        foreach (var reference in references)
        {
            if (HostAssemblies.Contains(reference) || (MayKnow.ContainsKey(reference) && !MayKnow[assembly].Contains(reference)))
            {
                yield return $"{assembly} uses {reference}.";
            }

            // Azure.Storage.Blobs' own types are what Byok.Storage hands to the pipeline; the pipeline knows Byok.Storage, and so them.
            var rule = Reserved.FirstOrDefault(rule => IsOf(reference, rule.Package));
            var isStorageInPipeline = rule.Package == "Azure.Storage.Blobs" && MayKnow[assembly].Contains("Byok.Storage");
            if (rule.Projects is { } allowed && !allowed.Contains(assembly) && !isStorageInPipeline)
            {
                yield return $"{assembly} uses {reference}.";
            }
        }
    }

    private static bool IsOf(string package, string family) => package == family || package.StartsWith(family + ".", StringComparison.Ordinal);
}
