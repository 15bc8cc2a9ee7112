using System.Security.Cryptography;

namespace Byok.Local.Stack;

/// <summary>Key pairs of the local stack's approvers. In earnest each approver makes his own, and the agent's owner is given the public half only.</summary>
public static class ApproverKeys
{
    /// <summary>Makes the pairs that are missing.</summary>
    /// <returns>Each approver's name and the file of the public half.</returns>
    public static IReadOnlyList<(string Name, string PublicKeyFile)> Ensure(StackPaths paths, int count)
    {
        Directory.CreateDirectory(paths.Approvers);
        var approvers = new List<(string, string)>();
        for (var number = 1; number <= count; number++)
        {
            var name = $"approver-{number}";
            var publicKeyFile = Path.Combine(paths.Approvers, $"{name}.pub.pem");
            if (!File.Exists(publicKeyFile))
            {
                using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                SecretFile.Write(PrivateKeyFile(paths, name), key.ExportPkcs8PrivateKeyPem());
                File.WriteAllText(publicKeyFile, key.ExportSubjectPublicKeyInfoPem());
            }

            approvers.Add((name, publicKeyFile));
        }

        return approvers;
    }

    public static string PrivateKeyFile(StackPaths paths, string name) => Path.Combine(paths.Approvers, $"{name}.pem");
}
