#nullable enable

using System;
using System.Text;

public static class Judge
{
    public static void Main()
    {
        string? line;
        while ((line = Console.In.ReadLine()) != null) Console.Out.WriteLine(Outcome(line.Split('\t')));
    }

    private static string Outcome(string[] fields)
    {
        var body = Convert.FromBase64String(fields[4]);
        try
        {
            Webhook.Verify(Text(fields[0])!, Text(fields[1]), Text(fields[2]), Text(fields[3]), body);
            return "accepted";
        }
        catch (InvalidSignatureException)
        {
            return "refused";
        }
        catch (Exception)
        {
            return "failed";
        }
    }

    private static string? Text(string field) =>
        field == "-" ? null : Encoding.UTF8.GetString(Convert.FromBase64String(field));
}
