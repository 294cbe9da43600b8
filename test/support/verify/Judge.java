import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.SignatureException;
import java.util.Base64;

public final class Judge {
  public static void main(String[] args) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      System.out.println(judge(line.split("\t", -1)));
    }
  }

  private static String judge(String[] fields) {
    byte[] body = Base64.getDecoder().decode(fields[4]);
    try {
      Verify.verify(text(fields[0]), text(fields[1]), text(fields[2]), text(fields[3]), body);
      return "accepted";
    } catch (SignatureException e) {
      return "refused";
    } catch (Exception e) {
      return "failed";
    }
  }

  private static String text(String field) {
    return field.equals("-") ? null : new String(Base64.getDecoder().decode(field), StandardCharsets.UTF_8);
  }
}
