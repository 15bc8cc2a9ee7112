namespace Byok.Infra.Tests.Bicep;

/// <summary>Azure's own roles that the deployment may use, by their well-known ids.</summary>
internal static class BuiltInRoles
{
    public const string BlobDataOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    public const string BlobDataContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
    public const string BlobDataReader = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";
    public const string QueueDataContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88";
    public const string TableDataContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
    public const string MetricsPublisher = "3913510d-42f4-4e42-8a64-420c390055eb";
    public const string RelaySender = "26baccc8-eea7-41f1-98f4-1762cc7f685d";
    public const string RelayListener = "26e0b698-aa6d-4085-9386-aadae190014d";

    public static IReadOnlySet<string> All { get; } = new HashSet<string>
    {
        BlobDataOwner, BlobDataContributor, BlobDataReader, QueueDataContributor, TableDataContributor, MetricsPublisher, RelaySender, RelayListener,
    };
}
